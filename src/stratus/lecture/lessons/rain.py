"""Will it rain on day 2? From the average temperatures of days 1 and 2."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from stratus.data.samples import Samples
from stratus.data.sources import shipped
from stratus.data.splits import Splits
from stratus.lecture.models import Model, other, with_inputs
from stratus.lecture.pictures import event_over_input, planes
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Card, Lesson

_ELSEWHERE = "New York"


def lesson(run: FinishedRun) -> Lesson:
    """σ(Wx + b): its boundary, the parallel lines of equal probability, W; and what the average throws away."""
    model = Model.trained(run)
    elsewhere = other(shipped(_ELSEWHERE), run.settings.data.borders, "binary", "rain", {"two_days": {}})
    one = {
        "temperature": Model.best(with_inputs(run.splits, run.splits.inputs[1:]), "binary"),
        "range": Model.best(_with_range(run), "binary"),
    }
    figures = _figures(run, model, one["range"], elsewhere)
    pictures: dict[str, Callable[[], Figure]] = {
        "plane": partial(_draw_planes, run, model, elsewhere),
        "sigmoid": partial(_draw_sigmoids, one),
    }
    return Lesson(_card(run, figures), figures, pictures)


def _figures(run: FinishedRun, model: Model, ranged: Model, elsewhere: Model) -> dict[str, Any]:
    usual = run.references["climatology"]["test/brier"]
    brier = ranged.scores(ranged.splits.test)["brier"]
    (weight,), (bias,) = model.line
    wet = run.splits.train.y[:, 0] > 0.5
    test = elsewhere.splits.test
    return {
        "train_loss": run.metrics["train/loss"],
        "accuracy": run.metrics["test/accuracy"],
        "brier": run.metrics["test/brier"],
        "climatology_brier": usual,
        "skill": run.metrics["test/skill"],
        "weight": weight.tolist(),
        "bias": float(bias),
        "range_brier": brier,
        "range_skill": 1 - brier / usual,
        "range_wet": float(ranged.splits.train.x[wet].mean()),
        "range_dry": float(ranged.splits.train.x[~wet].mean()),
        "elsewhere_accuracy": elsewhere.scores(test)["accuracy"],
        "elsewhere_dry": float(1 - test.y.mean()),
        "elsewhere_most": float(elsewhere.forecast(test.x).max()),
    }


def _card(run: FinishedRun, f: dict[str, Any]) -> Card:
    verdict = "worse" if f["skill"] < 0 else "better"
    return Card(
        title="Rain or not, from two temperatures",
        see=f"Each point is a day of {run.splits.train.stations[0]}, placed by the average temperatures of day 1 "
        "(across, d-1) and day 2 (up, d). The full line is the decision boundary, P(rain) = 0.5; the dashed ones, of "
        "other probabilities, are parallel to it, and the arrow W stands at right angles to them all. In Seattle it "
        f"points down: the colder day 2, the likelier rain. The model is right on {f['accuracy']:.1%} of the test "
        "days."
        f"\n\nThe same model fitted in {_ELSEWHERE}, on the right, gives rain no more than {f['elsewhere_most']:.2f} "
        f"on any test day there. So it never says rain, and is right on {f['elsewhere_accuracy']:.1%}: the share of "
        f"dry days, {f['elsewhere_dry']:.1%}.",
        why="P = σ(Wx + b) depends on x only through Wx + b, and that is constant along lines at right angles to W."
        "\n\nIs it good? Its Brier score, the mean of (P − y)² with y = 1 for rain and 0 for none, is "
        f"{f['brier']:.4f} in Seattle; saying what is usual this month has {f['climatology_brier']:.4f}. It is "
        f"{verdict} than the calendar (skill {f['skill']:+.3f}). The average of maximum and "
        "minimum throws away what tells: clouds keep the day cool and the night warm, so that the day's range is "
        f"{f['range_wet']:.1f} °C when it rains and {f['range_dry']:.1f} °C when it does not. A sigmoid of the range "
        f"alone has a skill of {f['range_skill']:+.2f} (second picture)."
        "\n\nAnd all this is a diagnosis, not a forecast: day 2's temperature is known only when day 2 is over.",
        next="A real forecast: from all that was measured the day before, and the season.",
        command="python train.py experiment=rain_forecast",
    )


def _with_range(run: FinishedRun) -> Splits:
    """The same days with one input: maximum less minimum of day 2 in °C."""
    table = run.table.select("station", "date", x=pl.col("temperature_max") - pl.col("temperature_min"))

    def ranged(samples: Samples) -> Samples:
        keys = pl.DataFrame({"station": samples.stations, "date": samples.dates}, schema_overrides={"date": pl.Date})
        return replace(
            samples, x=keys.join(table, on=["station", "date"], maintain_order="left").select("x").to_numpy()
        )

    train, test = ranged(run.splits.train), ranged(run.splits.test)
    return replace(run.splits, inputs=["range d"], units=["°C"], train=train, validation=None, test=test)


def _draw_planes(run: FinishedRun, here: Model, elsewhere: Model) -> Figure:
    panels = []
    for model in (here, elsewhere):
        days = model.splits.train
        seen = of_run.plane(replace(run, splits=model.splits, task=model.task))
        assert seen is not None
        (weight,), (bias,) = model.line
        panels.append(
            planes.Panel(str(days.stations[0]), days.x, days.y, seen, (weight, bias) if model is here else None)
        )
    return planes.draw(panels, outputs=["rain"], place=f"training days, {days.dates[0]} to {days.dates[-1]}")


def _draw_sigmoids(models: dict[str, Model]) -> Figure:
    labels = {"temperature": "average temperature of the day (°C)", "range": "maximum − minimum of the day (°C)"}
    panels = []
    for name, model in models.items():
        days = model.splits.train
        grid = np.linspace(days.x.min(), days.x.max(), 200)
        note = f"log loss {model.scores(days)['loss']:.3f} nats a day"
        panels.append(
            event_over_input.Panel(labels[name], days.x[:, 0], grid, model.forecast(grid[:, None])[:, 0], note)
        )
    place = of_run.title(days, "training days")
    return event_over_input.draw(days.y[:, 0], panels, event="rain", width=1.5, place=place)
