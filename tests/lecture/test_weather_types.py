"""Softmax on two temperatures finds rain and sun, and nothing else."""

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score


def test_recall_shows_what_accuracy_hides(trained, tmp_path):
    run = trained(tmp_path, "experiment=lecture/weather_types")
    figures = run["lesson"]["figures"]
    assert figures["train_loss"] == pytest.approx(0.9924306, abs=1e-6)
    assert (figures["accuracy"], figures["test_loss"]) == (
        pytest.approx(0.600, abs=5e-4),
        pytest.approx(1.122, abs=5e-4),
    )
    assert figures["climatology_accuracy"] == pytest.approx(0.625, abs=5e-4)
    assert figures["recall"] == pytest.approx(
        {"drizzle": 0, "fog": 0, "rain": 0.71, "snow": None, "sun": 0.72}, abs=5e-3
    )
    assert "snow undefined (no such test day)" in (tmp_path / "card.md").read_text()
    assert {"regions.png", "shares.png", "recall.png"} <= {file.name for file in (tmp_path / "pictures").iterdir()}

    table = pl.read_csv(run["data"]["file"], try_parse_dates=True).filter(pl.col("station") == "Seattle")
    mean = (table["temperature_max"] + table["temperature_min"]).to_numpy() / 2
    x, weather = np.column_stack([mean[1:-1], mean[2:]]), table["weather"].to_numpy()[2:]
    test = table["date"].to_numpy()[2:] >= np.datetime64("2015-01-01")
    best = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(x[~test], weather[~test])
    shown = [name for name, share in figures["recall"].items() if share is not None]
    found = recall_score(weather[test], best.predict(x[test]), labels=shown, average=None)
    assert [figures["recall"][name] for name in shown] == pytest.approx(list(found), abs=1e-12)
    assert figures["decided"] == sorted(set(best.predict(x)))
    assert figures["frequency"]["test"]["fog"] == pytest.approx(np.mean(weather[test] == "fog"))
