"""Forecasts of a finished run for days to come, with what is usual on them and how far they may miss."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import polars.selectors as cs

from stratus import files
from stratus.data.daily_table import extend
from stratus.data.samples import Samples
from stratus.data.targets import Continuous
from stratus.errors import CheckpointError, DataError, StratusError, message
from stratus.runs.comparison import CSV, LARGEST
from stratus.runs.kept import Kept
from stratus.verification.climatology import Climatology
from stratus.verification.forecasts import KEY, Forecasts, read_table
from stratus.verification.residuals import ENOUGH, margins

ENDS = {"low": -1, "high": 1}  # of an interval


def forecast(kept: Kept, day: date | None = None) -> tuple[pl.DataFrame, list[str], list[str]]:
    """The forecasts for one day, or for those after the table's end that its last days reach.

    A table with a row a day and station: `date`, `station`, `prediction`; of values with `low` and `high`, the ends of
    a 95 % interval, and `climatology`, their names followed by the output's where there are several, and `unit`; of
    events and classes with each one's probability `p(…)` and `climatology p(…)`. Then in lines what that rests on, and
    what is missing. Raises DataError if there is no forecast for the day.
    """
    lead, last = kept.checkpoint.recipe.lead_days, kept.asked.observations.last_day
    days = [day] if day else [last + timedelta(days=k) for k in range(1, max(lead, 1) + 1)]
    parts = list(filter(len, (_asked(kept, table, days) for table in kept.asked.observations.parts())))
    if not parts:
        raise DataError(f"no forecast for {days[0]}: {_why(kept, last)}")
    found = pl.concat(kept.model.forecasts(part).table() for part in parts).drop(cs.starts_with("truth"))
    said, missing = [], []
    if isinstance(kept.target, Continuous):
        try:
            found, whence = _with_interval(kept, found)
            said.append(f"low and high: 95 %, {whence}")
        except (StratusError, OSError) as error:
            missing.append(f"no interval: {message(error)}")
    baselines, whence = kept.baselines({name for part in parts for name in np.unique(part.stations)}, min(days))
    if baselines:
        usual = pl.concat(_usual(kept, baselines.climatology, part) for part in parts)
        found = pl.concat([found, usual], how="horizontal")
        guess = usual.select(pl.any_horizontal(pl.all().is_null()).any()).item()
        said.append(f"climatology: {whence}" + ("; – where none was in the day's season" if guess else ""))
    else:
        missing.append(f"no climatology: {whence}")
    return _in_order(kept, found).sort("station", "date"), said, missing


def _asked(kept: Kept, table: pl.DataFrame, days: list[date]) -> Samples:
    clocks = kept.asked.observations.clocks
    samples = kept.checkpoint.samples(extend(table, max(days)), clocks=clocks)
    return samples.where(np.isin(samples.dates, np.array(days, "datetime64[D]")))


def _why(kept: Kept, last: date) -> str:
    if kept.checkpoint.recipe.lead_days == 0:
        return (
            "at features.lead_days=0 the model is a diagnosis and asks for the day's own weather; train one with "
            "features.lead_days=1, or give a table that holds the day with --observations and --date"
        )
    return f"one of its inputs ({', '.join(kept.checkpoint.inputs)}) is not in the table, which ends on {last}"


def _with_interval(kept: Kept, found: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """Forecasts of values with the ends `low` and `high`, and in words whence; CheckpointError if there are none."""
    table = read_table(files.inside(kept.folder, CSV, LARGEST))
    names = [one for one in found.columns if one.startswith("prediction")]
    if [one for one, kind in table.schema.items() if one.startswith("prediction") and kind.is_float()] != names:
        raise CheckpointError(f"{kept.folder / CSV} holds forecasts of something else")
    try:
        every = margins(table)
    except CheckpointError as error:
        raise CheckpointError(f"{kept.folder / CSV}: {error}") from None
    own = found.select("station").join(every[1:], on="station", how="left", maintain_order="left")
    ends: dict[str, pl.Series] = {}
    for name in names:
        margin = own[name].fill_null(every[name][0])
        ends |= {name.replace("prediction", end, 1): found[name] + sign * margin for end, sign in ENDS.items()}
    first, last = table["date"].min(), table["date"].max()
    whence = f"from the run's errors on its test days, {len(table)} from {first!s} to {last!s}"
    few = f"; of all stations together where one has fewer than {ENOUGH}" if own[names[0]].has_nulls() else ""
    return found.with_columns(**ends), whence + few


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
