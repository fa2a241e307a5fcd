"""Forecasts of a finished run for days to come, with what is usual on them and how far they may miss."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import polars.selectors as cs

from stratus import files
from stratus.data.daily_table import extend, some
from stratus.data.samples import Samples, assemble
from stratus.data.targets import Continuous
from stratus.errors import CheckpointError, DataError, StratusError, message
from stratus.runs.comparison import CSV, LARGEST
from stratus.runs.kept import Kept
from stratus.verification.climatology import Climatology
from stratus.verification.forecasts import KEY, Forecasts, read_table
from stratus.verification.residuals import ENOUGH, margins

WIDEST = 10  # so many columns are shown side by side
ENDS = {"low": -1, "high": 1}  # of an interval


def forecast(kept: Kept, day: date | None = None) -> tuple[pl.DataFrame, list[str], list[str]]:
    """The forecasts for one day, or for those after the table's end that its last days reach.

    A table with a row a day and station: `date`, `station`, `prediction`; of values with `low` and `high`, the ends of
    a 95 % interval, and `climatology`, their names followed by the output's where there are several, and `unit`; of
    events and classes with each one's probability `p(…)` and `climatology p(…)`. Then in lines what that rests on, and
    what is missing or may mislead. Raises DataError if there is no forecast for the day.
    """
    lead, last = kept.checkpoint.recipe.lead_days, kept.asked.observations.last_day
    left = (date.max - last).days  # in the calendar
    days = [day] if day else [last + timedelta(days=k) for k in range(1, min(max(lead, 1), left) + 1)]
    if not days:
        raise DataError(f"no forecast: no day follows {last}, where the table ends; name one with --date")
    parts = list(filter(len, (_asked(kept, table, days) for table in kept.asked.observations.parts())))
    if not parts:
        raise DataError(f"no forecast for {days[0]}: {_why(kept, days[0], last)}")
    found = pl.concat(kept.model.forecasts(part).table() for part in parts).drop(cs.starts_with("truth"))
    said, cautions = list[str](), _trained_on(kept, found)
    if isinstance(kept.target, Continuous):
        try:
            errors = read_table(files.inside(kept.folder, CSV, LARGEST))
            found, few = _with_interval(kept, found, errors)
            (cautions if _strangers(found, errors) else said).append(_whence(found, errors, few=few))
            cautions += _tested_on(found, errors)
        except (StratusError, OSError) as error:
            cautions.append(f"no interval: {message(error)}")
    baselines, whence = kept.baselines({name for part in parts for name in np.unique(part.stations)}, min(days))
    if baselines:
        usual = pl.concat(_usual(kept, baselines.climatology, part) for part in parts)
        found = pl.concat([found, usual], how="horizontal")
        guess = usual.select(pl.any_horizontal(pl.all().is_null()).any()).item()
        said.append(f"climatology: {whence}" + ("; – where none was in the day's season" if guess else ""))
    else:
        cautions.append(f"no climatology: {whence}")
    return _in_order(kept, found).sort("station", "date"), said, cautions


def tall(table: pl.DataFrame) -> pl.DataFrame:
    """A table of `forecast` with a row for each output of a day, where its columns are too many for a terminal."""
    if table.width <= WIDEST:
        return table
    names = [one[2:-1] for one in table.columns if one.startswith("p(")]
    forms = {"p": "p({})", "climatology": "climatology p({})"}
    if not names:
        names = [one.removeprefix("prediction ") for one in table.columns if one.startswith("prediction ")]
        forms = {one: f"{one} {{}}" for one in ("prediction", *ENDS, "climatology")} | {"unit": "unit"}
    rows = [
        {"date": row["date"], "of": name, **{kind: row.get(form.format(name)) for kind, form in forms.items()}}
        for row in table.iter_rows(named=True)
        for name in names
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _asked(kept: Kept, table: pl.DataFrame, days: list[date]) -> Samples:
    clocks = kept.asked.observations.clocks
    samples = kept.checkpoint.samples(extend(table, max(days)), clocks=clocks)
    return samples.where(np.isin(samples.dates, np.array(days, "datetime64[D]")))


def _why(kept: Kept, day: date, last: date) -> str:
    """Which inputs of a day are missing, and which day is the last that has all."""
    recipe, outputs = kept.checkpoint.recipe, kept.checkpoint.task.outputs
    until = max(day, last + timedelta(days=max(recipe.lead_days, 1)))
    begins, missing, reached = [], dict[str, None](), []
    for table in kept.asked.observations.parts():
        every, inputs, _ = assemble(extend(table, until), recipe, outputs)
        unknown = np.isnan(every.x[every.dates == np.datetime64(day)]).any(axis=0)
        missing |= dict.fromkeys(one.name for one, gone in zip(inputs, unknown, strict=True) if gone)
        begins.append(every.dates.min())
        reached += [every.dates[every.complete].max()] if every.complete.any() else []
    if day < (first := min(begins).item()):
        return f"the table begins on {first}"
    end = f"the last day that can be forecast is {max(reached)!s}" if reached else "no day of it can be forecast"
    said = f"the table, which ends on {last}, does not give {some([*missing])}; {end}"
    if day <= last or not any(one.endswith(" d") for one in missing):  # no input is of the day itself
        return said
    return (
        f"{said}; at features.lead_days=0 the model is a diagnosis and asks for the day's own weather: train one with "
        "features.lead_days=1, or give a table that holds the day with --observations and --date"
    )


def _trained_on(kept: Kept, found: pl.DataFrame) -> list[str]:
    """Says which of the days are of the run's training or validation."""
    dates = found["date"].unique().sort()
    try:
        early = dates.filter(pl.Series(kept.trained_on(dates.to_numpy())))
    except CheckpointError as error:
        return [f"it is not known whether the run was trained on these days: {error}"]
    when = "of the time that the run was trained or validated on"
    return [f"not a forecast: {_days(early)} {when}"] if len(early) else []


def _tested_on(found: pl.DataFrame, errors: pl.DataFrame) -> list[str]:
    """Says which of the days are among those whose errors give the interval."""
    own = found.join(errors, on=KEY, how="semi")["date"].unique().sort()
    return [f"low and high know the truth: {_days(own)} among the test days that they are from"] if len(own) else []


def _days(dates: pl.Series) -> str:
    return f"{some([f'{one}' for one in dates])} {'is' if len(dates) == 1 else 'are'}"


def _with_interval(kept: Kept, found: pl.DataFrame, errors: pl.DataFrame) -> tuple[pl.DataFrame, bool]:
    """Forecasts of values with the ends `low` and `high`, and whether a station is given the errors of all.

    Raises CheckpointError if there are none.
    """
    names = [one for one in found.columns if one.startswith("prediction")]
    if [one for one, kind in errors.schema.items() if one.startswith("prediction") and kind.is_float()] != names:
        raise CheckpointError(f"{kept.folder / CSV} holds forecasts of something else")
    try:
        every = margins(errors)
    except CheckpointError as error:
        raise CheckpointError(f"{kept.folder / CSV}: {error}") from None
    own = found.select("station").join(every[1:], on="station", how="left", maintain_order="left")
    ends: dict[str, pl.Series] = {}
    for name in names:
        margin = own[name].fill_null(every[name][0])
        ends |= {name.replace("prediction", end, 1): found[name] + sign * margin for end, sign in ENDS.items()}
    return found.with_columns(**ends), own[names[0]].has_nulls()


def _strangers(found: pl.DataFrame, errors: pl.DataFrame) -> bool:
    """Whether the run has no error at one of the stations: others' need not hold there."""
    return not set(found["station"]) <= set(errors["station"])


def _whence(found: pl.DataFrame, errors: pl.DataFrame, *, few: bool) -> str:
    first, last = errors["date"].min(), errors["date"].max()
    whence = f"from the run's errors on its test days, {len(errors)} from {first!s} to {last!s}"
    if _strangers(found, errors):
        places = some(errors["station"].unique().sort().to_list(), " and ")
        return f"low and high: {whence}, of {places}; elsewhere they may be larger"
    together = f"; of all stations together where one has fewer than {ENOUGH}" if few else ""
    return f"low and high: 95 %, {whence}{together}"


def _usual(kept: Kept, climatology: Climatology, days: Samples) -> pl.DataFrame:
    """What is usual on each day, in columns `climatology` or `climatology p(…)`; null where that is a guess."""
    forecast = np.where(climatology.in_season(days)[:, None], climatology.forecast(days), np.nan)
    task, target = kept.checkpoint.task, kept.target
    table = Forecasts.of_forecast(task, "climatology", days, target, forecast=forecast).table().fill_nan(None)
    if isinstance(target, Continuous):
        values = table.select(cs.starts_with("prediction"))
        return values.rename(lambda name: name.replace("prediction", "climatology", 1))
    return table.select(cs.starts_with("p(")).rename(lambda name: f"climatology {name}")


def _in_order(kept: Kept, found: pl.DataFrame) -> pl.DataFrame:
    """The columns of what is forecast beside each other, and the unit of values."""
    if not isinstance(kept.target, Continuous):
        pairs = [name for one in found.columns if one.startswith("p(") for name in (one, f"climatology {one}")]
        return found.select(*KEY, "prediction", *(one for one in pairs if one in found.columns))
    marks = [one.removeprefix("prediction") for one in found.columns if one.startswith("prediction")]
    names = [f"{one}{mark}" for mark in marks for one in ("prediction", *ENDS, "climatology")]
    return found.select(*KEY, *(one for one in names if one in found.columns), unit=pl.lit(kept.target.unit))
