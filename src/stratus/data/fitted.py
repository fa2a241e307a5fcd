"""What features know of the training days: what is usual at each station, kept in the recipe as plain numbers."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from stratus.data.clocks import Clocks, as_known
from stratus.data.daily_table import calendar
from stratus.data.features.input import CLIMATOLOGY, USUAL
from stratus.data.normals import DAYS, WAVES, YEAR_OF_DAYS, Array, day_of_year, least_squares, log_odds
from stratus.data.recipe import Borders, Recipe, Waves
from stratus.data.targets import TARGETS, Category, Classes
from stratus.errors import DataError, quoted

log = logging.getLogger(__name__)
KINDS = {"anomalies": USUAL, "climatology": CLIMATOLOGY}  # by the feature set, what stands before a column's name


def fitted(recipe: Recipe, table: pl.DataFrame, borders: Borders | None, clocks: Clocks) -> Recipe:
    """The recipe `of_measured` with what is usual at each station on the training days; on all days without borders.

    Two waves of the year, as `Climatology` has them: a mean by least squares; the log-odds of an event or of the
    classes that those days show. A station with less than a year of values is given what all together give; DataError
    where that is less than a year too, but that an element which is not named is left out. Elements are taken as they
    are known at the time of issue.
    """
    named = recipe.features.get("anomalies", {}).get("elements") is not None
    recipe = recipe.of_measured(table)
    if not recipe.fits:
        return recipe
    days, found = calendar(table, recipe.rain_from), dict[str, dict[str, dict[str, Waves]]]()
    places = days["station"].unique(maintain_order=True).to_list()
    first, end = (borders.train_from or date.min, borders.training_end) if borders else (date.min, date.max)
    trained = pl.col("date").is_between(first, end, closed="left")
    if "anomalies" in recipe.features:
        known = as_known(days, clocks.within(table.columns), recipe.issue_hour).filter(trained)
        names = [name for name in recipe.features["anomalies"]["elements"] if name in known.columns]
        if not named and (few := [name for name in names if known[name].count() < YEAR_OF_DAYS]):
            log.info("features.anomalies: %s has less than a year of training days and is left out", ", ".join(few))
            names = [name for name in names if name not in few]
            recipe = replace(recipe, features={**recipe.features, "anomalies": {"elements": names}})
        found["anomalies"] = {name: _mean(known, places, name, pl.col(name)) for name in names}
    if "climatology" in recipe.features:
        found["climatology"] = _of_target(days.filter(trained), places, recipe)
    return replace(recipe, normals=found)


def beside(known: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """A calendar with what is usual on its days, in columns `usual <element>` and `climatology <output>`.

    Raises DataError if there is a station that the recipe was not fitted at.
    """
    row, day = known["station"].rle_id().to_numpy(), day_of_year(known["date"].to_numpy())
    stations = known["station"].unique(maintain_order=True).to_list()
    found: dict[str, Array] = {}
    for kind, normals in recipe.normals.items():
        for name, at in normals.items():
            if strange := [one for one in stations if one not in at]:
                raise DataError(
                    f"what is usual at {quoted(strange[0])} is not known, and features.{kind} needs it: the model was "
                    f"trained at {', '.join(at)}; name the station so if it is one of them, or train on its days"
                )
            found[f"{KINDS[kind]} {name}"] = (np.array([at[one] for one in stations]) @ WAVES.T)[row, day]
    if isinstance(TARGETS[recipe.target], Category):  # the classes' shares are 1 together
        logits = {name: one for name, one in found.items() if name.startswith(CLIMATOLOGY)}
        found |= {name: one - np.logaddexp.reduce([*logits.values()]) for name, one in logits.items()}
    return known.with_columns(pl.Series(name, values) for name, values in found.items())


def _of_target(days: pl.DataFrame, places: Sequence[str], recipe: Recipe) -> dict[str, dict[str, Waves]]:
    """The waves of each output, or of each class that the days show."""
    target = TARGETS[recipe.target]
    if not isinstance(target, Classes):
        return {name: _mean(days, places, name, value) for name, value in target.values.items()}
    ((name, asked),) = target.values.items()
    shown = days.select(asked.drop_nulls().unique().sort()).to_series().to_list()
    sums = _sums(days, places, name, [asked == one for one in shown])
    waves = log_odds(sums)
    if isinstance(target, Category):
        return {one: _by_place(waves[:, :, k], sums, places) for k, one in enumerate(shown)}
    return {name: _by_place(waves[:, :, -1] - waves[:, :, 0], sums, places)}


def _mean(days: pl.DataFrame, places: Sequence[str], name: str, value: pl.Expr) -> dict[str, Waves]:
    sums = _sums(days, places, name, [pl.lit(1.0), value])
    return _by_place(least_squares(sums[:, :, 1:], sums[:, :, :1])[:, :, 0], sums[:, :, :1], places)


def _sums(days: pl.DataFrame, places: Sequence[str], name: str, columns: Sequence[pl.Expr]) -> Array:
    """Columns summed by place, all places together in the last row, and day of the year [places + 1, 366, c].

    Of the days of which all are known. Raises DataError if these are less than a year.
    """
    known = days.select("station", "date", *(one.cast(pl.Float64).alias(f"{k}") for k, one in enumerate(columns)))
    known = known.drop_nulls()
    if len(known) < YEAR_OF_DAYS:
        raise DataError(
            f"{name} has {len(known)} values on the training days, and what is usual takes a year of them "
            f"({YEAR_OF_DAYS}): give a longer span (data.train_from, data.validation_from, data.test_from), or name "
            "other features, or their elements"
        )
    place = known["station"].cast(pl.Enum(places)).to_physical().to_numpy().astype(np.int64)
    at, size = place * DAYS + day_of_year(known["date"].to_numpy()), len(places) * DAYS
    sums = np.stack([np.bincount(at, known[f"{k}"].to_numpy(), size) for k in range(len(columns))], axis=1)
    rows = sums.reshape(len(places), DAYS, len(columns))
    return np.concatenate([rows, rows.sum(axis=0, keepdims=True)])


def _by_place(waves: Array, counts: Array, places: Sequence[str]) -> dict[str, Waves]:
    """A place's own waves [places + 1, 5], or where it has less than a year of days those of all together."""
    own = counts.sum(axis=(1, 2)) >= YEAR_OF_DAYS
    rows = [k if own[k] else len(places) for k in range(len(places))]
    return {name: tuple(waves[row].tolist()) for name, row in zip(places, rows, strict=True)}
