"""`stratus export`: a run's model in other programs' formats, held against the forecasts that the run has written."""

import json
import struct
from pathlib import Path

import numpy as np
import polars as pl
import pytest

ROOT = Path(__file__).parents[2]


def inputs(task):
    """What the tasks' default features are of each day of Seattle's table, worked out with polars."""
    table = pl.read_csv(ROOT / "data" / "weather.csv", try_parse_dates=True)
    mean = pl.mean_horizontal("temperature_max", "temperature_min")
    lead, angle = int(task == "regression"), 2 * np.pi / 365.25 * pl.col("date").dt.ordinal_day()
    waves = [getattr(angle * k, wave)() for k in (1, 2) for wave in ("cos", "sin")] if lead else []
    asked = [mean.shift(lead + 1), mean.shift(lead), *waves]
    seattle = table.filter(pl.col("station") == "Seattle").sort("date")
    return seattle.select("date", **{f"x{k}": one for k, one in enumerate(asked)})


def of_test_days(run, task):
    """Inputs of the run's test days, and what it forecast on them."""
    written = pl.read_csv(run / "forecasts.csv", try_parse_dates=True)
    days = written.join(inputs(task), on="date", how="left", maintain_order="left")
    told = [one for one in written.columns if one.startswith("p(") or (task == "regression" and one == "prediction")]
    return days.select("^x.$").to_numpy().astype(np.float32), written.select(told).to_numpy()


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_an_onnx_model_forecasts_what_the_run_did(stratus, short, tmp_path, task):
    onnx = pytest.importorskip("onnx")
    reference = pytest.importorskip("onnx.reference")
    file, run = tmp_path / "model.onnx", short(task)
    (said,) = stratus("export", run, "--to", file)
    assert said.startswith(f"{file}: on 365 test days its forecasts are the run's to ")
    model = onnx.load(file)
    x, written = of_test_days(run, task)
    (forecast,) = reference.ReferenceEvaluator(model).run(None, {"x": x})
    np.testing.assert_allclose(forecast, written, atol=2e-5)
    facts = {one.key: json.loads(one.value) for one in model.metadata_props}
    assert (facts["task"], len(facts["inputs"])) == (task, x.shape[1])


def test_safetensors_hold_weights_and_scale(stratus, short, tmp_path):
    pytest.importorskip("safetensors")
    file, run = tmp_path / "model.safetensors", short("multiclass")
    stratus("export", run, "--to", file)
    content = file.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header, body = json.loads(content[8 : 8 + size]), content[8 + size :]
    facts = header.pop("__metadata__")
    of = {
        name: np.frombuffer(body[slice(*one["data_offsets"])], "<f4").reshape(one["shape"])
        for name, one in header.items()
    }
    x, written = of_test_days(run, "multiclass")
    odds = np.exp((x - of["mean"]) / of["scale"] @ of["weight"].T + of["bias"])
    np.testing.assert_allclose(odds / odds.sum(1, keepdims=True), written, atol=2e-5)
    assert json.loads(facts["target"]) == "weather"


def test_another_suffix_and_a_missing_extra_are_told(refusal, short, tmp_path, monkeypatch):
    assert "expected a name that ends in .onnx or .safetensors" in refusal(
        "export", short("binary"), "--to", tmp_path / "model.pt"
    )
    monkeypatch.setattr("stratus.settings.checks.distributions", lambda name: [])
    said = refusal("export", short("binary"), "--to", tmp_path / "model.onnx")
    assert said.endswith("model.onnx needs an extra that is not installed: pip install 'stratus-weather[onnx]'\n")
    assert list(tmp_path.iterdir()) == []
