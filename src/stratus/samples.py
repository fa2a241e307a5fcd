"""Table ─► inputs x and targets y: what is asked of which day, split by date, and the scale of the inputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stratus.errors import ConfigurationError, DataError
from stratus.features import FEATURES, Input
from stratus.observations import calendar
from stratus.targets import TARGETS, Target

Array = NDArray[Any]


@dataclass(frozen=True)
class Recipe:
    """How samples are made of a daily table. Plain values only: it travels inside checkpoints.

    Attributes:
        target: A name of `TARGETS`.
        features: Names of `FEATURES` with their settings; the inputs stand in this order.
        lead_days: Days between the last day known and the target day; 0 is a diagnosis, 1 tomorrow's forecast.
    """

    target: str
    features: Mapping[str, Mapping[str, Any]]
    lead_days: int = 0

    def __post_init__(self) -> None:
        """Raises ConfigurationError for a name that is not known, or no feature set at all."""
        for name, known in [(self.target, TARGETS), *((name, FEATURES) for name in self.features)]:
            if name not in known:
                raise ConfigurationError(f"'{name}' is not known; there are: {', '.join(known)}")
        if not self.features:
            raise ConfigurationError(f"a model needs inputs: choose features from {', '.join(FEATURES)}")

    def inputs(self) -> list[Input]:
        """The components of x, each defined on one station's calendar."""
        return [
            one
            for name, settings in self.features.items()
            for one in FEATURES[name](self.lead_days, **settings)
        ]


@dataclass(frozen=True)
class Samples:
    """Target days with what is known of them; n days, m inputs, k outputs.

    Attributes:
        stations: Station of each day [n]; all of them, joined by " + ", where a sample is a day everywhere.
        dates: Target days [n], datetime64[D].
        x: Inputs in their own units [n, m]; NaN where unknown.
        y: Targets [n, k]: values in their unit, events as 0 or 1; for categories class indices [n].
        last: y of the last day known, in the same form; NaN (-1 for categories) where there is none before.
    """

    stations: Array
    dates: Array
    x: Array
    y: Array
    last: Array

    def __len__(self) -> int:
        return len(self.dates)

    def where(self, keep: Array) -> "Samples":
        """The samples at which the mask `keep` [n] is true."""
        return Samples(self.stations[keep], self.dates[keep], self.x[keep], self.y[keep], self.last[keep])


def assemble(
    table: pl.DataFrame, recipe: Recipe, classes: list[str] | None = None
) -> tuple[Samples, list[Input], list[str]]:
    """Every day of a table's calendar as a sample, complete or not.

    Args:
        table: A daily table; days added beyond its end are forecast like any other.
        recipe: What is made of it.
        classes: The categories, in the order of their indices; those found in the table where not given.

    Returns:
        The samples, the inputs' names and units, and the outputs' names (classes of a category).
    """
    target, inputs, lag = TARGETS[recipe.target], recipe.inputs(), max(recipe.lead_days, 1)
    frame = calendar(table).select(
        "station",
        "date",
        *(one.value.over("station").cast(pl.Float64).alias(f"x{j}") for j, one in enumerate(inputs)),
        *(value.over("station").alias(f"y{j}") for j, value in enumerate(target.values.values())),
        *(
            value.forward_fill().shift(lag).over("station").alias(f"last{j}")
            for j, value in enumerate(target.values.values())
        ),
    )
    outputs = list(target.values)
    if target.everywhere:
        frame, inputs, outputs = _side_by_side(frame, inputs)
    if target.kind == "category":
        outputs = classes or frame["y0"].drop_nulls().unique().sort().to_list()
        index = pl.Enum(outputs)
        frame = frame.with_columns(
            pl.col("y0", "last0").cast(index, strict=False).to_physical().cast(pl.Int64).fill_null(-1)
        )
    return _arrays(frame, category=target.kind == "category"), inputs, outputs


def _side_by_side(frame: pl.DataFrame, inputs: list[Input]) -> tuple[pl.DataFrame, list[Input], list[str]]:
    """One row a day instead of one a station and day: columns x0@Seattle, y0@Seattle, …; the calendar's only once."""
    stations = frame["station"].unique().sort().to_list()
    shared = [f"x{j}" for j, one in enumerate(inputs) if one.calendar]
    wide = frame.pivot(
        on="station",
        index=["date", *shared],
        values=frame.drop("station", "date", *shared).columns,
        separator="@",
    ).sort("date")
    names = []
    for j, one in enumerate(inputs):
        names += (
            [(f"x{j}", one)]
            if one.calendar
            else [(f"x{j}@{at}", Input(f"{at} {one.name}", one.unit, one.value)) for at in stations]
        )
    columns = {
        **{name: f"x{j}" for j, (name, _) in enumerate(names)},
        **{f"{kind}0@{at}": f"{kind}{j}" for kind in ("y", "last") for j, at in enumerate(stations)},
    }
    everywhere = pl.lit(" + ".join(stations)).alias("station")
    return (
        wide.select(everywhere, "date", *(pl.col(old).alias(new) for old, new in columns.items())),
        [one for _, one in names],
        stations,
    )


def _arrays(frame: pl.DataFrame, *, category: bool) -> Samples:
    def block(letter: str) -> Array:
        columns = [name for name in frame.columns if name.startswith(letter)]
        values = frame.select(columns).to_numpy()
        return values[:, 0] if category and letter != "x" else values.astype(np.float64)

    return Samples(
        frame["station"].to_numpy(),
        frame["date"].to_numpy().astype("datetime64[D]"),
        block("x"),
        block("y"),
        block("last"),
    )


@dataclass(frozen=True)
class Splits:
    """Samples of the training, validation and test days, and the scale that the training days give.

    Attributes:
        recipe: How they were made.
        inputs: Names of the m inputs.
        units: Their units.
        outputs: Names of the k outputs: of values, events or stations; of the classes of a category.
        validation: None where there is no such split.
        left_out: Number of days that give no sample, by reason.
        standardise: Whether inputs are scaled to mean 0 and variance 1 over the training days.
    """

    recipe: Recipe
    inputs: list[str]
    units: list[str]
    outputs: list[str]
    train: Samples
    validation: Samples | None
    test: Samples
    left_out: dict[str, int] = field(default_factory=dict)
    standardise: bool = True

    @property
    def target(self) -> Target:
        """What is asked of a day."""
        return TARGETS[self.recipe.target]

    @property
    def named(self) -> dict[str, Samples]:
        """The splits there are, by the name they have in every record: train, val, test."""
        every = {"train": self.train, "val": self.validation, "test": self.test}
        return {name: samples for name, samples in every.items() if samples is not None}

    @cached_property
    def standardisation(self) -> tuple[Array, Array]:
        """Mean and population standard deviation of the training inputs [m]; 0 and 1 where not standardised.

        An input that never varies in training is only shifted: its scale is 1.
        """
        width = len(self.inputs)
        if not self.standardise:
            return np.zeros(width), np.ones(width)
        scale = self.train.x.std(axis=0)
        return self.train.x.mean(axis=0), np.where(scale > 1e-12, scale, 1.0)


def split(
    table: pl.DataFrame,
    recipe: Recipe,
    *,
    test_from: date,
    validation_from: date | None = None,
    train_from: date | None = None,
    standardise: bool = True,
) -> Splits:
    """Samples of a daily table, split by the date of the target day.

    A sample that needs a missing day or value is left out and counted. Inputs may reach back over a
    border between splits, never forward.

    Args:
        table: A daily table as `observations.read_csv` gives it.
        recipe: Target, features and lead.
        test_from: First test day.
        validation_from: First validation day; None for no validation split.
        train_from: First training day; None for the table's first.
        standardise: Whether the model scales its inputs by the training days' mean and standard deviation.

    Raises:
        DataError: If a split has no days, or a class or event does not occur in training.
        ConfigurationError: If the target needs several stations and the table has one.
    """
    if TARGETS[recipe.target].everywhere and table["station"].n_unique() < 2:
        raise ConfigurationError(
            f"this target asks in which of several places it rains, and the data have one station "
            f"({table['station'][0]}): choose data=two_cities, or task=binary for one place"
        )
    every, inputs, outputs = assemble(table, recipe)
    start = np.datetime64(train_from or every.dates.min(), "D")
    known = (every.y >= 0) if every.y.ndim == 1 else ~np.isnan(every.y).any(axis=1)
    complete = ~np.isnan(every.x).any(axis=1)
    inside = every.dates >= start
    first_test = np.datetime64(test_from, "D")
    first_validation = np.datetime64(validation_from, "D") if validation_from else first_test
    samples = every.where(inside & known & complete)
    train = samples.where(samples.dates < first_validation)
    validation = samples.where((samples.dates >= first_validation) & (samples.dates < first_test))
    splits = Splits(
        recipe=recipe,
        inputs=[one.name for one in inputs],
        units=[one.unit for one in inputs],
        outputs=outputs,
        train=train,
        validation=validation if validation_from else None,
        test=samples.where(samples.dates >= first_test),
        left_out={
            "the target was not measured": int((inside & ~known).sum()),
            "an input needs a day or value that is missing": int((inside & known & ~complete).sum()),
        },
        standardise=standardise,
    )
    _check(splits, every.dates)
    return splits


def _check(splits: Splits, dates: Array) -> None:
    """Raises DataError where a split has no days, or the training days do not show every class."""
    for name, samples in splits.named.items():
        if len(samples) == 0:
            setting = {"train": "data.train_from, data.validation_from", "val": "data.validation_from"}.get(
                name
            )
            raise DataError(
                f"no {name} days: the table reaches from {dates.min()} to {dates.max()}; "
                f"mend {setting or 'data.test_from'}, or look for missing values"
            )
    if splits.target.kind == "continuous":
        return
    category = splits.target.kind == "category"
    if category and len(splits.outputs) < 2:
        raise DataError(
            f"the column weather names {len(splits.outputs)} class(es); a choice needs two or more"
        )
    shown = np.eye(len(splits.outputs))[splits.train.y] if category else splits.train.y
    for name, share in zip(splits.outputs, shown.mean(axis=0), strict=True):
        if share == 0 or (share == 1 and not category):
            raise DataError(
                f"'{name}' {'never' if share == 0 else 'always'} occurs in the {len(shown)} training days "
                f"({splits.train.dates.min()} to {splits.train.dates.max()}), so nothing can be learnt of it: "
                "give the training days a longer span (data.train_from, data.validation_from, data.test_from)"
            )
