"""Table ─► inputs x and targets y: what is known and what is asked of every day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stratus.data.clocks import NO_CLOCKS, Clocks, as_known
from stratus.data.daily_table import calendar
from stratus.data.features.input import Input, side_by_side
from stratus.data.fitted import beside
from stratus.data.inputs import columns_of
from stratus.data.leaks import check_own
from stratus.data.recipe import Recipe
from stratus.data.targets import TARGETS, Category

Array = NDArray[Any]

CHUNK = 1 << 16  # days that are worked on at once where all might not fit
BETWEEN = " + "  # the names of stations where a sample is a day at all of them
COLUMNS = ("at", "dates", "x", "y", "last")


@dataclass(frozen=True)
class Samples:
    """Target days with what is known of them, in memory; n days, m inputs, k outputs."""

    places: list[str]  # names of the stations; all of them, joined by " + ", where a sample is a day everywhere
    at: Array  # index in `places` of each day's station [n]
    dates: Array  # target days [n], datetime64[D]
    x: Array  # inputs in their own units [n, m]; NaN where unknown
    y: Array  # [n, k]: values in their unit, events as 0 or 1, NaN where unknown; of categories class indices [n]
    last: Array  # y of the last day known, in the same form; NaN (-1 for categories) where there is none before
    others: tuple[str, ...] = ()  # classes that are no outputs, since training lacks them: of the indices k, k + 1, …

    on_disk: ClassVar[bool] = False

    def __len__(self) -> int:
        return len(self.dates)

    def where(self, keep: Array | slice) -> "Samples":
        """The samples at which the mask `keep` [n] is true, or at its indices, or a slice of them; in memory."""
        return Samples(self.places, **{name: getattr(self, name)[keep] for name in COLUMNS}, others=self.others)

    def renumbered(self, place: Array, others: tuple[str, ...]) -> "Samples":
        """Samples of a category whose class indices become those at their places, -1 that at the end.

        Of `others`, the last indices, a last day is no longer known: the weather cannot stay what training lacks.
        """
        return replace(self, y=place[self.y], last=_without(place, others)[self.last], others=others)

    @property
    def stations(self) -> Array:
        """Name of the station of each day [n]."""
        return np.asarray(self.places, dtype=object)[self.at]

    def chunks(self, days: int = CHUNK) -> Iterator["Samples"]:
        """The samples in their order, so many days at a time, in memory."""
        for start in range(0, len(self), days):
            yield self.where(slice(start, start + days))

    def evenly_spaced(self, days: int) -> "Samples":
        """In memory: all samples, or of those on disk about so many days, spread evenly."""
        return self.where(slice(None, None, max(-(-len(self) // days), 1))) if self.on_disk else self

    def since(self, day: date) -> "Samples":
        """The samples of a day and later ones."""
        return self.where(self.dates >= np.datetime64(day, "D"))

    def until(self, day: date | None) -> "Samples":
        """The samples of a day and earlier ones; all where there is no day."""
        return self.where(self.dates <= np.datetime64(day, "D")) if day else self

    @property
    def complete(self) -> Array:
        """Where all inputs are known [n]."""
        return np.asarray(~np.isnan(self.x).any(axis=1))

    def usable(self, inputs: Sequence[Input], missing: str) -> Array:
        """Where enough inputs are known [n]: all of them, or where others have a stand-in any that is measured."""
        measured = [one.measured and not one.indicator for one in inputs]
        if missing == "drop" or not any(measured):
            return self.complete
        return np.asarray(~np.isnan(self.x[:, measured]).all(axis=1))

    @property
    def known(self) -> Array:
        """Where the truth is known, of one output at least [n]."""
        return np.asarray(~unknown(self.y).all(axis=tuple(range(1, self.y.ndim))))


class StreamedSamples(Samples):
    """Samples whose arrays are in files, read where they are sliced; see `on_disk`."""

    on_disk = True

    def renumbered(self, place: Array, others: tuple[str, ...]) -> "Samples":
        """See `Samples.renumbered`; done where they are read."""
        columns: Any = self
        y, last = columns.y.through(place), columns.last.through(_without(place, others))
        return replace(self, y=y, last=last, others=others)


def _without(place: Array, others: tuple[str, ...]) -> Array:
    return np.where(place > place.max() - len(others), -1, place)


def unknown(y: Array) -> Array:
    """Where a y is not known, in the form of y: NaN of values and events, -1 of class indices."""
    return np.asarray(np.isnan(y) if np.issubdtype(y.dtype, np.floating) else y < 0)


def concatenated(parts: Sequence[Samples]) -> Samples:
    """Samples of the same places, one after another."""
    columns = {name: np.concatenate([getattr(one, name) for one in parts]) for name in COLUMNS}
    return Samples(parts[0].places, **columns, others=parts[0].others)


def assemble(
    table: pl.DataFrame, recipe: Recipe, classes: list[str] | None = None, clocks: Clocks = NO_CLOCKS
) -> tuple[Samples, list[Input], list[str]]:
    """Every day of a daily table's calendar as a sample, complete or not; the inputs; and the outputs' names.

    Days added beyond the table's end are forecast like any other. Inputs, and what persistence goes by, are read from
    what is known at the time of issue; the truth is the day's own. The outputs of a category are its `classes`, in the
    order of their indices, or those found in the table.
    """
    target, inputs, lag = TARGETS[recipe.target], recipe.inputs(), max(recipe.lead_days, 1)
    outputs, asked = list(target.values), target.values.values()
    days = calendar(table, recipe.rain_from)
    known = beside(as_known(days, clocks.within(table.columns), recipe.issue_hour), recipe)
    absent = {name for one in inputs for name in one.value.meta.root_names()} - {*known.columns}
    known = known.with_columns(pl.lit(None, pl.Float64).alias(name) for name in sorted(absent))  # never measured here
    check_own(known, recipe)
    truth = days.select("station", "date", *(value.over("station").alias(f"y{j}") for j, value in enumerate(asked)))
    last = known.select(
        value.forward_fill().shift(lag).over("station").alias(f"last{j}") for j, value in enumerate(asked)
    )
    frame = pl.concat([truth, columns_of(known, inputs), last], how="horizontal")
    if target.everywhere:
        frame, inputs, outputs = _side_by_side(frame, inputs)
    if isinstance(target, Category):
        outputs = classes or frame["y0"].drop_nulls().unique().sort().to_list()
    samples = Samples(
        frame["station"].unique(maintain_order=True).to_list(),
        frame["station"].rle_id().to_numpy().astype(np.int32),  # a station's days stand together
        frame["date"].to_numpy().astype("datetime64[D]"),
        frame.select("^x.*$").to_numpy().astype(np.float64),
        target.array(frame.select("^y.*$"), outputs),
        target.array(frame.select("^last.*$"), outputs),
    )
    return samples, inputs, outputs


def _side_by_side(frame: pl.DataFrame, inputs: list[Input]) -> tuple[pl.DataFrame, list[Input], list[str]]:
    """One row a day instead of one a station and day: columns x0@Seattle, y0@Seattle, …; the calendar's only once."""
    stations = frame["station"].unique().sort().to_list()
    shared = [f"x{j}" for j, one in enumerate(inputs) if one.calendar]
    values = frame.drop("station", "date", *shared).columns
    wide = frame.pivot(on="station", index=["date", *shared], values=values, separator="@").sort("date")
    each = ([f"x{j}"] if one.calendar else [f"x{j}@{at}" for at in stations] for j, one in enumerate(inputs))
    columns = [name for here in each for name in here]
    found = wide.select(
        pl.lit(BETWEEN.join(stations)).alias("station"),
        "date",
        *(pl.col(name).alias(f"x{j}") for j, name in enumerate(columns)),
        *(pl.col(f"{letter}0@{at}").alias(f"{letter}{j}") for letter in ("y", "last") for j, at in enumerate(stations)),
    )
    return found, side_by_side(inputs, stations), stations
