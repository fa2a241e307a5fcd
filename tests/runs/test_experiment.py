"""A run's numbers, worked out again with numpy from nothing but its checkpoint and the CSV file."""

import csv
import re
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from arch.bootstrap import optimal_block_length
from season import seasonal, waves
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, cohen_kappa_score, precision_score, recall_score, roc_auc_score
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from stratus.cli import main
from stratus.data.daily_table import read_csv, select
from stratus.errors import ConfigurationError
from stratus.runs import record
from stratus.runs.comparison import compare
from stratus.runs.experiment import columns
from stratus.scores.bootstrap import level
from stratus.training.checkpoints import load
from stratus.verification.model import Model

TABLE = Path(__file__).parents[2] / "data" / "weather.csv"
BORDERS = [date(2012, 1, 3), date(2014, 1, 1), date(2015, 1, 1), date(2016, 1, 1)]
WEATHER = ["drizzle", "fog", "rain", "snow", "sun"]
CITIES = ["New York", "Seattle"]
INPUTS = {
    "regression": ["temperature d-2", "temperature d-1", "cos 1/year", "sin 1/year", "cos 2/year", "sin 2/year"],
    "binary": ["temperature d-1", "temperature d"],
    "multiclass": ["temperature d-1", "temperature d"],
    "multilabel": [f"{city} temperature {day}" for day in ("d-1", "d") for city in CITIES],
}
TASKS = list(INPUTS)


# --- the same numbers again, from the file


@cache
def table():
    with open(TABLE, newline="") as file:
        rows = list(csv.DictReader(file))
    return {(row["station"], date.fromisoformat(row["date"])): row for row in rows}


def temperature(row):
    return (float(row["temperature_max"]) + float(row["temperature_min"])) / 2


def one_input(rows, name, day):
    wave, _, times = name.partition(" ")
    if wave in ("cos", "sin"):
        angle = 2 * np.pi * int(times.removesuffix("/year")) * day.timetuple().tm_yday / 365.25
        return getattr(np, wave)(angle)
    city = next((one for one in CITIES if name.startswith(one)), "Seattle")
    back = name.rpartition("d")[2].removeprefix("-")
    return temperature(rows[city, day - timedelta(days=int(back or 0))])


def truth(rows, task, day):
    row = rows["Seattle", day]
    return {
        "regression": lambda: [temperature(row)],
        "binary": lambda: [float(row["precipitation"]) > 0],
        "multiclass": lambda: np.eye(5)[WEATHER.index(row["weather"])],
        "multilabel": lambda: [float(rows[city, day]["precipitation"]) > 0 for city in CITIES],
    }[task]()


@cache
def splits(task):
    rows, found = table(), {}
    for name, (first, after) in zip(("train", "val", "test"), pairwise(BORDERS), strict=True):
        days = [first + timedelta(days=k) for k in range((after - first).days)]
        x = np.array([[one_input(rows, name, day) for name in INPUTS[task]] for day in days])
        found[name] = days, x, np.array([truth(rows, task, day) for day in days], dtype=float)
    return found


def checkpoint(folder, which="best"):
    return torch.load(folder / "checkpoints" / f"{which}.ckpt", weights_only=True)


def logits(content, x):
    state = {name: value.double().numpy() for name, value in content["state_dict"].items()}
    return (x - state["mean"]) / state["scale"] @ state["linear.weight"].T + state["linear.bias"]


def loss(task, z, y):
    if task == "regression":
        return ((z - y) ** 2).sum(1).mean()
    if task == "multiclass":
        return (np.log(np.exp(z).sum(1)) - (z * y).sum(1)).mean()
    return (np.log1p(np.exp(z)) - y * z).sum(1).mean()


def scores(task, z, y):
    """Every score of logits z against the truth y, a column an output."""
    found = {"loss": loss(task, z, y)}
    if task == "regression":
        error = z - y
        return found | {
            "accuracy": (abs(error) <= 2).mean(),
            "mae": abs(error).mean(),
            "rmse": np.sqrt((error**2).mean()),
            "bias": error.mean(),
        }
    if task == "multiclass":
        p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        decision = np.eye(5)[z.argmax(1)]
        found |= {
            "accuracy": (decision * y).sum(1).mean(),
            "log_loss": -np.log((p * y).sum(1)).mean(),
            "brier": ((p - y) ** 2).sum(1).mean(),
        }
        found |= brier_parts(p, y, found["brier"], len(y)) | beyond_chance(y.argmax(1)[:, None], z.argmax(1)[:, None])
        names = WEATHER
    else:
        p, decision = 1 / (1 + np.exp(-z)), (z > 0).astype(float)
        found |= {
            "accuracy": (decision == y).mean(),
            "log_loss": -np.log(np.where(y > 0, p, 1 - p)).mean(),
            "brier": ((p - y) ** 2).mean(),
        }
        found |= brier_parts(p, y, found["brier"], y.size) | beyond_chance(y, decision)
        names = CITIES
        if task == "binary":
            names = ["rain", "no rain"]
            decision, p, y = (np.hstack([column, 1 - column]) for column in (decision, p, y))
    return found | by_class(names, decision, p, y)


def brier_parts(p, y, brier, forecasts):
    """Reliability from scikit-learn's bins; the resolution is what the Brier score leaves for it."""
    reliability = 0
    for said, came in zip(p.T, y.T, strict=True):
        observed, forecast = calibration_curve(came, said, n_bins=10)
        days, _ = np.histogram(said, 10, (0, 1))
        reliability += days[days > 0] @ (forecast - observed) ** 2 / forecasts
    uncertainty = y.var(0).sum() * len(y) / forecasts
    return {
        "brier_reliability": reliability,
        "brier_uncertainty": uncertainty,
        "brier_resolution": uncertainty + reliability - brier,
    }


def beyond_chance(y, decision):
    """Heidke's and Peirce's score, the mean over columns: what is right beyond what would be if days were shuffled."""
    columns = list(zip(y.T, decision.T, strict=True))
    peirce = [
        ((came == said).mean() - (came[:, None] == said).mean()) / (1 - (came[:, None] == came).mean())
        for came, said in columns
    ]
    return {"heidke": np.mean([cohen_kappa_score(*one) for one in columns]), "peirce": np.mean(peirce)}


def close(expected):
    """The same but for the last digits of float64."""
    return {name: pytest.approx(value, rel=1e-9, abs=1e-12, nan_ok=True) for name, value in expected.items()}


def by_class(names, decision, p, y):
    """What scikit-learn says of each column; days equal in float32 rank alike."""
    found = {}
    for name, chosen, share, truth in zip(names, decision.T, p.T, y.T, strict=True):
        found[f"days/{name}"] = int(truth.sum())
        found[f"recall/{name}"] = recall_score(truth, chosen, zero_division=np.nan)
        found[f"precision/{name}"] = precision_score(truth, chosen, zero_division=np.nan)
        ranked = share.astype(np.float32)
        found[f"average_precision/{name}"] = average_precision_score(truth, ranked) if truth.any() else np.nan
        found[f"roc_auc/{name}"] = roc_auc_score(truth, ranked) if 0 < truth.sum() < len(truth) else np.nan
    return found


def lowest(task, x, y):
    """The lowest mean loss of a linear model without penalty: by least squares, or scikit-learn."""
    x = (x - x.mean(0)) / x.std(0)
    if task == "regression":
        design = np.column_stack([x, np.ones(len(x))])
        return loss(task, design @ np.linalg.lstsq(design, y)[0], y)
    if task == "multiclass":
        y = y.argmax(1)[:, None]
    fits = [LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(x, column) for column in y.T]
    given = [f.predict_proba(x)[range(len(x)), c.astype(int)] for f, c in zip(fits, y.T, strict=True)]
    return sum(-np.log(p).mean() for p in given)


def val_curve(folder):
    events = EventAccumulator(str(folder)).Reload()
    return [one.value for one in events.Scalars("val/loss")]


def same(one, other):
    """Whether two checkpoints hold the same bits: weights, optimiser, progress."""
    a, b = (
        [content["state_dict"], content["optimizer_states"], content["lr_schedulers"], content["epoch"]]
        for content in (one, other)
    )

    def walk(u, v):
        if isinstance(u, dict):
            return u.keys() == v.keys() and all(walk(u[k], v[k]) for k in u)
        if isinstance(u, list | tuple):
            return len(u) == len(v) and all(map(walk, u, v))
        return torch.equal(u, v) if isinstance(u, torch.Tensor) else u == v

    return walk(a, b)


# --- what a run records


@pytest.mark.parametrize("task", TASKS)
def test_metrics_are_those_of_the_best_weights_over_whole_splits(short, recorded, task):
    run, content = recorded(short(task)), checkpoint(short(task))
    assert content["hyper_parameters"]["inputs"] == INPUTS[task]
    expected = {}
    for split, (_, x, y) in splits(task).items():
        expected |= {f"{split}/{name}": value for name, value in scores(task, logits(content, x), y).items()}
    reference = run["references"]["climatology"]
    ruler = "test/loss" if task == "regression" else "test/brier"
    expected["test/skill"] = 1 - expected[ruler] / reference[ruler]
    found = {name: np.nan if value is None else value for name, value in run["metrics"].items()}
    assert found == close(expected)
    assert run["skill"] == run["metrics"]["test/skill"]


def test_the_kept_weights_are_not_always_the_last(short):
    # Without this the test above could not tell the best weights from the last.
    assert checkpoint(short("multiclass"))["epoch"] < checkpoint(short("multiclass"), "last")["epoch"]


@pytest.mark.parametrize("task", TASKS)
def test_the_default_settings_come_within_a_thousandth_of_the_exact_optimum(trained, tmp_path, task):
    run = trained(tmp_path, f"task={task}")
    _, x, y = splits(task)["train"]
    assert run["epochs"] == 100
    assert run["references"]["optimum"]["train/loss"] == pytest.approx(lowest(task, x, y), rel=1e-6)
    assert run["gap"] == pytest.approx(
        loss(task, logits(checkpoint(tmp_path, "last"), x), y) - lowest(task, x, y), abs=1e-6
    )
    assert -1e-9 < run["gap"] < 1e-3


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_the_objective_is_the_lowest_validation_loss_of_all_epochs(short, task):
    run, curve = record.read(short(task)), val_curve(short(task))
    assert len(curve) == 4
    assert run.objective == run.metrics["val/loss"] == pytest.approx(min(curve), rel=1e-6)


LEAST = 2**-23  # float32's epsilon, the least probability that a class counts as given


@pytest.fixture(scope="module")
def hailing(tmp_path_factory):
    """Seattle's table, and the words that ask for it, with hail on days of which none is for training."""
    file = tmp_path_factory.mktemp("hailing") / "hail.csv"
    days = pl.col("date").is_in(["2012-01-02", "2014-03-01", "2014-03-02", "2015-05-05"])
    kind = pl.when(days).then(pl.lit("hail")).otherwise("weather").alias("weather")
    pl.read_csv(TABLE).filter(pl.col("station") == "Seattle").with_columns(kind).write_csv(file)
    names = ("train_from", "validation_from", "test_from")
    return ["data=csv", f"data.path={file}", *(f"data.{name}={day}" for name, day in zip(names, BORDERS, strict=False))]


@pytest.mark.parametrize(("weights", "pictures"), [("null", "all"), ("balanced", "none")])
def test_days_of_a_class_that_training_lacks_are_scored_as_never_forecast(
    trained, hailing, tmp_path, capsys, *, weights, pictures
):
    words = ("task=multiclass", f"task.class_weights={weights}", "trainer.max_epochs=2", f"pictures={pictures}")
    run, names = trained(tmp_path / "run", *hailing, *words), [*WEATHER, "hail"]
    content = checkpoint(tmp_path / "run")
    assert (content["hyper_parameters"]["outputs"], run["data"]["others"]) == (WEATHER, ["hail"])
    for split, (days, x, known) in splits("multiclass").items():
        z, y = logits(content, x), np.hstack([known, np.zeros((len(known), 1))])
        for day in {date(2014, 3, 1), date(2014, 3, 2), date(2015, 5, 5)} & {*days}:
            y[days.index(day)] = np.eye(6)[5]
        p = np.hstack([np.exp(z) / np.exp(z).sum(1, keepdims=True), np.zeros((len(z), 1))])
        surprise, decision = -np.log(np.maximum((p * y).sum(1), LEAST)), np.eye(6)[z.argmax(1)]
        expected = {
            "log_loss": surprise.mean(),
            "accuracy": (decision * y).sum(1).mean(),
            "brier": ((p - y) ** 2).sum(1).mean(),
            **beyond_chance(y.argmax(1)[:, None], z.argmax(1)[:, None]),
            **by_class(names, decision, p, y),
        }
        count = np.append(splits("multiclass")["train"][2].sum(0), 1)
        weight = 729 / 5 / count if weights == "balanced" else np.ones(6)
        weight[5] = 1  # which training does not know
        found = {name: np.nan if one is None else one for name, one in run["metrics"].items()}
        assert {name: found[f"{split}/{name}"] for name in expected} == close(expected)
        weighed = (surprise * weight[y.argmax(1)]).mean()
        assert found[f"{split}/loss"] == pytest.approx(weighed, rel=1e-7)  # class weights are float32
    assert run["objective"] == pytest.approx(min(val_curve(tmp_path / "run")), rel=1e-6)
    forecasts = pl.read_csv(tmp_path / "run" / "forecasts.csv").filter(pl.col("truth") == "hail")
    assert forecasts.select("date", "p(hail)").rows() == [("2015-05-05", 0.0)]
    again = compare([tmp_path / "run"] * 2)
    for score in ("log_loss", "brier", "accuracy"):
        assert again.values[score][0, 0] == pytest.approx(run["metrics"][f"test/{score}"], abs=1e-5)
    assert main(["evaluate", str(tmp_path / "run")]) == 0
    out = capsys.readouterr().out
    assert re.search(r"hail +│ +1 │ +0\.000 │ +– .* never forecast", out)
    assert f"hail; such a day, of probability 0, counts {-np.log(LEAST):.1f} in the loss" in out
    for name, known in {"model": run["metrics"], **run["references"]}.items():
        shown = (
            f"{known[f'test/{score}']:.{digits}f}" for score, digits in {"loss": 4, "accuracy": 3, "brier": 3}.items()
        )
        assert re.search(rf"{name} +│ +(\S+) │ +(\S+) │ +(\S+)", out).groups() == tuple(shown)


def test_without_validation_days_the_last_weights_are_kept_and_the_training_loss_is_the_objective(trained, tmp_path):
    run = trained(tmp_path, "task=binary", "data.validation_from=null", "trainer.max_epochs=2")
    best, last = (tmp_path / "checkpoints" / f"{name}.ckpt" for name in ("best", "last"))
    assert best.read_bytes() == last.read_bytes()
    assert run["objective"] == run["metrics"]["train/loss"]
    assert run["data"]["samples"] == {"train": 729 + 365, "test": 365}
    assert not [tag for tag in run["metrics"] if tag.startswith("val/")]


@cache
def blocks(days, block, seed=0):
    """2,000 resamples of days in blocks, one after the other: indices [2000, days]."""
    draw = np.random.default_rng(seed)
    starts = [draw.integers(0, days, -(-days // block)) for _ in range(2000)]
    return np.array([np.concatenate([(one + np.arange(block)) % days for one in row])[:days] for row in starts])


def usual(task, dates):
    """Climatology of the days before the test."""
    before, y = (np.concatenate([splits(task)[name][k] for name in ("train", "val")]) for k in (0, 2))
    before, dates = before.astype("datetime64[D]"), np.array(dates, "datetime64[D]")
    if task == "regression":
        known, asked = (np.column_stack([np.ones(len(days)), waves(days)]) for days in (before, dates))
        return asked @ np.linalg.lstsq(known, y)[0]
    if task == "multiclass":
        return seasonal(before, y.argmax(1), 5, dates)
    return np.column_stack([seasonal(before, label, 2, dates)[:, 1] for label in y.T])


@pytest.mark.parametrize("task", TASKS)
def test_intervals_are_those_of_resampled_blocks_of_test_days(short, recorded, task):
    run = recorded(short(task))
    days, x, y = splits(task)["test"]
    z, block = logits(checkpoint(short(task)), x), run["resampling"]["block"]
    assert run["resampling"]["days"] == 365
    drawn, ends = blocks(365, block), [(1 + side * level(block, 365)) / 2 for side in (-1, 1)]
    p = {"regression": z, "multiclass": np.exp(z) / np.exp(z).sum(1, keepdims=True)}.get(task, 1 / (1 + np.exp(-z)))
    error, reference = (((one - y) ** 2).sum(1) for one in (p, usual(task, days)))
    series = np.column_stack([error, error - reference, *([(p - y).mean(1)] if task == "regression" else [])])
    assert block == min(max(7, np.ceil(2 * optimal_block_length(series)["circular"].max())), 58)
    error, reference = error[drawn].mean(1), reference[drawn].mean(1)
    outputs = y.shape[1] if task == "multilabel" else 1
    expected = {
        "intervals": {"test/skill": 1 - error / reference},
        "intervals_against_climatology": {"test/brier": (error - reference) / outputs},
    }
    if task == "regression":
        expected = {
            "intervals": {"test/loss": error, "test/rmse": np.sqrt(error), "test/skill": 1 - error / reference},
            "intervals_against_climatology": {"test/rmse": np.sqrt(error) - np.sqrt(reference)},
        }
    else:
        expected["intervals"]["test/brier"] = error / outputs
    for entry, rows in expected.items():
        for name, values in rows.items():
            # two draws of 2,000 agree on an end to a few hundredths of the width
            assert run[entry][name] == pytest.approx(np.quantile(values, ends), abs=0.4 * values.std()), name


@pytest.mark.parametrize("task", [*TASKS, "weighed"])
def test_every_score_has_an_interval_around_it_and_all_but_bias_and_skill_a_difference(
    short, recorded, trained, tmp_path, task
):
    settings = ["task=multilabel", "task.class_weights=balanced", "trainer.max_epochs=1"]
    run = trained(tmp_path, *settings) if task == "weighed" else recorded(short(task))
    parts = ("days", "recall", "precision", "average_precision", "roc_auc", "brier_")
    scores = {name for name in run["metrics"] if name.startswith("test/") and not name[5:].startswith(parts)}
    assert set(run["intervals"]) == scores
    assert set(run["intervals_against_climatology"]) == scores - {"test/bias", "test/skill"}
    for name, (low, high) in run["intervals"].items():
        assert low < run["metrics"][name] < high
    for name, (low, high) in run["intervals_against_climatology"].items():
        difference = run["metrics"][name] - run["references"]["climatology"][name]
        assert low < difference < high


@pytest.mark.parametrize("days", [1, 5, 8])
def test_a_few_test_days_are_scored_without_intervals(trained, tmp_path, days):
    run = trained(tmp_path, "task=binary", "trainer.max_epochs=1", f"data.until=2015-01-{days:02}")
    assert np.isfinite(run["metrics"]["test/loss"])
    assert {one for ends in run["intervals"].values() for one in ends} == {None}


@pytest.mark.parametrize("task", TASKS)
def test_forecasts_are_those_of_the_best_checkpoint_for_every_test_day(short, task):
    written = pl.read_csv(short(task) / "forecasts.csv", try_parse_dates=True)
    days, x, y = splits(task)["test"]
    z = logits(checkpoint(short(task)), x)
    labels = {"regression": [], "binary": ["rain"], "multiclass": WEATHER, "multilabel": CITIES}[task]
    assert written.columns == ["date", "station", "truth", "prediction", *(f"p({name})" for name in labels)]
    assert written["date"].to_list() == days
    assert written["station"].unique().to_list() == [" + ".join(CITIES) if task == "multilabel" else "Seattle"]
    if task == "regression":
        assert written["truth"].to_numpy() == pytest.approx(y[:, 0])
        assert written["prediction"].to_numpy() == pytest.approx(z[:, 0], abs=2e-5)
        return
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True) if task == "multiclass" else 1 / (1 + np.exp(-z))
    columns = written.select(r"^p\(.*\)$").to_numpy()
    assert columns == pytest.approx(p, abs=2e-6)
    if task == "multiclass":
        assert columns.sum(1) == pytest.approx(np.ones(len(days)), abs=5e-6)
        assert written["truth"].to_list() == [WEATHER[k] for k in y.argmax(1)]
        assert written["prediction"].to_list() == [WEATHER[k] for k in z.argmax(1)]
    if task == "binary":
        assert written["truth"].to_list() == ["rain" if wet else "no rain" for wet in y[:, 0]]
        assert written["prediction"].to_list() == ["rain" if up > 0 else "no rain" for up in z[:, 0]]
    if task == "multilabel":
        names = {(0, 0): "none", (1, 0): "New York", (0, 1): "Seattle", (1, 1): "New York + Seattle"}
        assert written["truth"].to_list() == [names[tuple(row)] for row in y.astype(int)]


@pytest.mark.parametrize("task", TASKS)
def test_a_checkpoint_and_a_table_are_all_that_a_forecast_needs(short, task, tmp_path):
    alone = tmp_path / "kept.ckpt"
    alone.write_bytes((short(task) / "checkpoints" / "best.ckpt").read_bytes())
    kept = load(alone)
    rows = read_csv(TABLE) if task == "multilabel" else select(read_csv(TABLE), ["Seattle"], "")
    found = Model.of(kept.task, kept.recipe.target).forecasts(kept.samples(rows).since(BORDERS[2]))
    with open(tmp_path / "again.csv", "wb") as file:
        found.append_to(file)
    assert (tmp_path / "again.csv").read_text() == (short(task) / "forecasts.csv").read_text()


# --- descent as the settings say


def test_weight_decay_ends_where_the_penalised_normal_equations_do(trained, tmp_path):
    run = trained(
        tmp_path, "task=regression", "features=two_days", "optimizer=gd", "optimizer.lr=0.3",
        "optimizer.weight_decay=0.5", "trainer.max_epochs=70",
    )  # fmt: skip
    days, x, y = (part[:729] for part in splits("regression")["train"])
    x = np.column_stack([(x[:, :2] - x[:, :2].mean(0)) / x[:, :2].std(0), np.ones(len(days))])
    # ∇(mean squared error + λ/2 ‖W‖²) = 2Aᵀ(Aθ - y)/n + λ(W, 0) = 0
    expected = np.linalg.solve(2 * x.T @ x / len(x) + np.diag([0.5, 0.5, 0]), 2 * x.T @ y[:, 0] / len(x))
    state = checkpoint(tmp_path, "last")["state_dict"]
    assert [*state["linear.weight"][0].tolist(), state["linear.bias"].item()] == pytest.approx(expected, abs=1e-4)
    least = np.square(x @ expected - y[:, 0]).mean() + 0.5 / 2 * np.square(expected[:2]).sum()
    assert run["minimum"] == pytest.approx(least, rel=1e-6)
    assert run["gap"] == pytest.approx(0, abs=1e-6)


def test_a_clipped_gradient_makes_a_step_of_the_learning_rate_times_the_clip(trained, tmp_path):
    trained(
        tmp_path, "task=regression", "optimizer=gd", "optimizer.lr=0.1", "trainer.gradient_clip_val=2",
        "trainer.max_epochs=1",
    )  # fmt: skip
    state = checkpoint(tmp_path, "last")["state_dict"]
    length = torch.cat([state["linear.weight"].flatten(), state["linear.bias"]]).norm().item()
    assert length == pytest.approx(0.1 * 2, rel=1e-4)


def test_patience_ends_training_so_many_epochs_after_the_lowest_validation_loss(trained, tmp_path):
    run = trained(tmp_path, "patience=3", "trainer.max_epochs=60", "schedule=constant")
    curve = val_curve(tmp_path)
    assert len(curve) == run["epochs"] < 60
    assert run["epochs"] == 1 + int(np.argmin(curve)) + 3
    assert run["objective"] == run["metrics"]["val/loss"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("trainer.accelerator=abacus", "trainer.accelerator=abacus: expected auto, cpu, gpu"),
        ("trainer.devices=0", "trainer.devices=0: expected a whole number from 1"),
        ("trainer.devices=[0]", r"trainer.devices=\[0\]: expected a whole number"),
        ("trainer.devices=-1", "trainer.devices=-1: expected a whole number"),
        pytest.param(
            "trainer=gpu",
            "trainer.accelerator=gpu: .*; trainer=cpu trains on any machine",
            marks=pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="has one"),
        ),
    ],
)
def test_a_device_that_is_not_there_is_an_error_to_mend(trained, recorded, tmp_path, wrong, said):
    with pytest.raises(ConfigurationError, match=said):
        trained(tmp_path, wrong)
    assert recorded(tmp_path)["status"] == "failed"


@pytest.mark.parametrize("place", range(2))
@pytest.mark.parametrize("task", TASKS)
def test_every_task_and_every_optimiser_learns(trained, tmp_path, task, place):
    optimizer = ("gd", "sgd", "momentum", "adam", "lbfgs")[(2 * [*TASKS].index(task) + place) % 5]
    slower = ["optimizer.lr=0.2"] if optimizer == "gd" else []
    run = trained(tmp_path, f"task={task}", f"optimizer={optimizer}", "trainer.max_epochs=1", *slower)
    y = splits(task)["train"][-1]
    start = loss(task, np.zeros_like(y), y)
    assert run["status"] == "finished"
    assert run["metrics"]["train/loss"] < 0.99 * start


def test_the_debug_trainer_takes_two_epochs_of_four_batches(trained, tmp_path):
    run = trained(tmp_path, "trainer=debug")
    assert (run["status"], run["epochs"]) == ("finished", 2)
    assert checkpoint(tmp_path, "last")["global_step"] == 8


# --- the same again


def test_the_same_settings_and_seed_give_the_same_bits(trained, tmp_path):
    runs = {"one": "seed=1", "again": "seed=1", "other": "seed=2"}
    for name, seed in runs.items():
        trained(tmp_path / name, seed, "init=gaussian", "trainer.max_epochs=2")
    one, again, other = (checkpoint(tmp_path / name, "last") for name in runs)
    assert same(one, again)
    assert not same(one, other)


def test_another_seed_changes_the_order_of_the_days_even_from_the_same_start(trained, tmp_path):
    for seed in (1, 2):
        trained(tmp_path / str(seed), f"seed={seed}", "init=zeros", "trainer.max_epochs=1")
    assert not same(*(checkpoint(tmp_path / seed) for seed in ("1", "2")))


@pytest.mark.parametrize(("task", "before"), [("multiclass", True), ("multilabel", False)])
def test_a_resumed_run_equals_a_straight_one(trained, tmp_path, task, before):
    settings = [f"task={task}", "schedule=constant", "init=uniform", "init.sigma=0.1"]
    trained(tmp_path / "half", *settings, "trainer.max_epochs=2")
    resumed = trained(tmp_path / "resumed", f"resume={tmp_path / 'half'}", "trainer.max_epochs=4")
    straight = trained(tmp_path / "straight", *settings, "trainer.max_epochs=4")
    for which in ("best", "last"):
        assert same(*(checkpoint(tmp_path / name, which) for name in ("resumed", "straight")))
    # The best weights of a resumed run may be those of its first part.
    assert (checkpoint(tmp_path / "straight")["epoch"] < 2) == before
    for entry in ("metrics", "gap", "epochs", "objective"):
        assert resumed[entry] == straight[entry]
    forecasts = [(tmp_path / name / "forecasts.csv").read_text() for name in ("resumed", "straight")]
    assert forecasts[0] == forecasts[1]
    assert len(val_curve(tmp_path / "resumed")) == 2


@pytest.mark.slow
def test_training_over_two_processes_leaves_one_record_with_exact_scores_and_the_weights_of_one_process(
    door, trained, recorded, tmp_path
):
    words = ("optimizer=gd", "optimizer.lr=1", "task.class_weights=balanced", "trainer.max_epochs=3", "pictures=none")
    process = door(tmp_path, *words, "trainer=ddp", "trainer.accelerator=cpu")
    trained(tmp_path / "one", *words)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    (file,) = tmp_path.glob("outputs/*/*/run.json")
    run = recorded(file.parent)
    assert (run["status"], run["epochs"]) == ("finished", 3)
    for split, (_, x, y) in splits("multiclass").items():
        expected = close(scores("multiclass", logits(checkpoint(file.parent), x), y))
        for name in expected.keys() - {"loss"}:  # which is weighed
            found = run["metrics"][f"{split}/{name}"]
            assert (np.nan if found is None else found) == expected[name], name
    assert out.count("scores on the test days") == 1
    # All days at once are shared out, and their number is odd: a step is nevertheless that of one process.
    assert run["data"]["samples"]["train"] % 2 == 1
    one, two = (checkpoint(folder, "last") for folder in (tmp_path / "one", file.parent))
    assert one["global_step"] == two["global_step"] == 3
    for name, value in one["state_dict"].items():
        torch.testing.assert_close(two["state_dict"][name], value, rtol=0, atol=1e-6)
    curves = [EventAccumulator(str(folder)).Reload() for folder in (tmp_path / "one", file.parent)]
    for tag in ("train/loss", "train/accuracy", "val/loss"):
        lone, both = ([point.value for point in each.Scalars(tag)] for each in curves)
        assert both == pytest.approx(lone, abs=1e-6)


def test_settings_of_one_last_name_are_both_told_in_hparams():
    told = {"task": "binary", "optimizer.path": "a.py", "schedule.path": "b.py", "seed": 1}
    assert columns(told, ["seed"]) == {"seed": 1, "told": "path=a.py, path=b.py, binary"}
    assert columns(told, ["task"]) == {"task": "binary", "told": "path=a.py, path=b.py, seed=1"}
