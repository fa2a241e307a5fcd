"""Average temperature on day x, by a line, a parabola, and waves of the year."""

from collections.abc import Callable
from functools import partial

import numpy as np
from matplotlib.figure import Figure

from stratus.fitted import Fitted, other
from stratus.lecture import Card, Lesson, Run
from stratus.pictures import fit_over_calendar, fits_over_year
from stratus.samples import Array


def lesson(run: Run) -> Lesson:
    """f = Wφ(x) + b: the model stays linear in W, the inputs φ bend."""
    days = run.splits.train
    fits = _fits(run)
    values = {name: fit.forecast(fit.splits.train.x) for name, fit in fits}
    explained = {name: 1 - float(np.mean((days.y - fitted) ** 2)) / days.y.var() for name, fitted in values.items()}
    rmse = {name: fit.scores(fit.splits.test)["rmse"] for name, fit in fits}
    parabola = dict(fits)["parabola"]
    first, last = parabola.forecast(np.array([[1.0, 1.0], [365.0, 365.0**2]]))[:, 0]
    figures = {
        "train_mse": {name: float(np.mean((days.y - fitted) ** 2)) for name, fitted in values.items()},
        "explained": explained,
        "test_rmse": rmse,
        "parabola_new_year_jump": float(last - first),
    }
    place = str(days.stations[0])
    card = Card(
        title="The temperature of a day, by inputs that bend",
        see=f"Four fits to the same {len(days)} days of {place}. The line explains {explained['line']:.0%} of the "
        f"variance, the parabola {explained['parabola']:.0%}, one wave a year {explained['one wave']:.0%}, two waves "
        f"{explained['two waves']:.0%}. On the days of the test year they miss by {rmse['line']:.2f}, "
        f"{rmse['parabola']:.2f}, {rmse['one wave']:.2f} and {rmse['two waves']:.2f} °C (root mean square).",
        why="The model is still Wx + b and is still trained in the same way. Only the inputs changed: the day and its "
        "square, or the cosine and sine of the year's angle. “Linear” means linear in W, not in the day. The parabola "
        f"has a fault of its own: it ends the year {last - first:.1f} °C warmer than it begins the next, because "
        "nothing tells it that 1 January follows 31 December. A wave knows.",
        next="The calendar cannot know that this week is a warm one. Yesterday's temperature can.",
        command="python train.py task=regression features=[two_days,harmonics] data.validation_from=null",
    )
    pictures: dict[str, Callable[[], Figure]] = {
        "fits": partial(
            fits_over_year.draw,
            _day_of_year(days.dates),
            days.y[:, 0],
            {name: (values[name][:, 0], f"R² {explained[name]:.2f}, test RMSE {rmse[name]:.2f} °C") for name in values},
            name="average temperature",
            unit="°C",
            place=f"{place}, {days.dates[0]} to {days.dates[-1]}",
        ),
        "calendar": partial(
            fit_over_calendar.draw,
            days.dates,
            days.y[:, 0],
            {name: values[name][:, 0] for name in ("line", "two waves")},
            name="average temperature",
            unit="°C",
            place=place,
        ),
    }
    return Lesson(card, figures, pictures)


def _fits(run: Run) -> list[tuple[str, Fitted]]:
    """The models by name; the last is the one that was trained, the others are exact."""
    inputs = {
        "line": {"day_of_year": {"degree": 1}},
        "parabola": {"day_of_year": {"degree": 2}},
        "one wave": {"harmonics": {"k": 1}},
    }
    days = run.settings.data.days
    exact = [(name, other(run.table, days, "regression", "temperature", one)) for name, one in inputs.items()]
    return [*exact, ("two waves", Fitted.trained(run))]


def _day_of_year(dates: Array) -> Array:
    return np.asarray((dates - dates.astype("datetime64[Y]")).astype(int) + 1)
