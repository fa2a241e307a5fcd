"""Forecasts: what forecasters say of days, beside what came. Scores, files and pictures are all read from them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import polars as pl
import polars.selectors as cs

from stratus.data.samples import Array, Samples, concatenated
from stratus.data.targets import TARGETS, Category, Continuous, Target
from stratus.errors import CheckpointError, first_line
from stratus.files import with_formulas, without_formulas

if TYPE_CHECKING:
    from torch import Tensor

    from stratus.tasks.linear import LinearTask

KEY = ["date", "station"]
ARRAYS = ("forecast", "decision", "logits")
NONE = "none"  # what is said where none of several events happens


@dataclass(frozen=True)
class Forecasts:
    """What F forecasters say of n days, in k outputs; float64.

    A class that training lacks, of the days' `others`, is an output too: its probability is 0, its logit -∞.
    """

    names: tuple[str, ...]  # of the forecasters
    target: Target  # what is forecast
    outputs: list[str]  # names of the outputs: of values, events or stations; of all classes of a category
    days: Samples  # the days, with the truth y; NaN or -1 where it is not known
    forecast: Array  # values or probabilities [F, n, k]
    decision: Array  # the answers, in the form of y: [F, n, k], of a category class indices [F, n]
    logits: Array | None = None  # [F, n, k]; None where the forecasts were read from a file

    @classmethod
    def of_forecast(
        cls,
        task: "LinearTask",
        name: str,
        days: Samples,
        target: Target,
        *,
        forecast: Array,
        decision: Array | None = None,
    ) -> "Forecasts":
        """Those of one forecaster's values or probabilities [n, k], and of answers that are not the task's own."""
        import torch  # noqa: PLC0415 - forecasts that are read from files need none

        forecast = np.pad(forecast, ((0, 0), (0, len(days.others))))
        logits = task.link(torch.as_tensor(forecast))
        answer = task.decide(logits).numpy() if decision is None else decision
        outputs = [*task.outputs, *days.others]
        return cls((name,), target, outputs, days, forecast[None], answer[None], logits.numpy()[None])

    @classmethod
    def of_logits(
        cls, task: "LinearTask", names: Sequence[str], days: Samples, target: Target, z: "Tensor"
    ) -> "Forecasts":
        """Those of a task's logits [F, n, k]."""
        from torch.nn.functional import pad  # noqa: PLC0415 - see above

        z = pad(z, (0, len(days.others)), value=-np.inf)
        arrays = (one.numpy() for one in (task.activation(z), task.decide(z), z))
        return cls(tuple(names), target, [*task.outputs, *days.others], days, *arrays)

    @property
    def y(self) -> Array:
        """The truth [1, n, …], to be held against the forecasts of all."""
        return self.days.y[None]

    def __getitem__(self, name: str) -> "Forecasts":
        """Those of one forecaster, F = 1."""
        return self.pick([self.names.index(name)])

    def pick(self, places: Sequence[int], names: Sequence[str] = ()) -> "Forecasts":
        """Those of some forecasters by their places among the F, under other names if given."""
        called = tuple(names) or tuple(self.names[place] for place in places)
        return replace(self, names=called, **self._arrays(lambda values: values[list(places)]))

    def at(self, days: Array | slice) -> "Forecasts":
        """Those of some days, by a mask or indices [n] or a slice."""
        return replace(self, days=self.days.where(days), **self._arrays(lambda values: values[:, days]))

    def _arrays(self, taken: Callable[[Array], Array]) -> dict[str, Any]:
        return {name: taken(value) for name in ARRAYS if (value := getattr(self, name)) is not None}

    def table(self) -> pl.DataFrame:
        """A row a day of the first forecaster: date, station, truth (null where unknown), prediction, p(…) by class."""
        key = {"date": self.days.dates, "station": pl.Series(self.days.stations, dtype=pl.String)}
        forecast, outputs = self.forecast[0].astype(np.float64), self.outputs
        if isinstance(self.target, Continuous):
            columns = {"truth": self.days.y, "prediction": forecast}
            mark = [""] if len(outputs) == 1 else [f" {output}" for output in outputs]
            parts = {one + m: value[:, k] for one, value in columns.items() for k, m in enumerate(mark)}
            return pl.DataFrame(key | {name: pl.Series(one, nan_to_null=True) for name, one in parts.items()})
        named = _class_names if isinstance(self.target, Category) else _event_names
        answers = {"truth": named(outputs, self.days.y), "prediction": named(outputs, self.decision[0])}
        return pl.DataFrame(key | answers | {f"p({output})": forecast[:, k] for k, output in enumerate(outputs)})

    def append_to(self, file: BinaryIO) -> None:
        """Writes the first forecaster's table to an open CSV file, the header only where it is empty."""
        without_formulas(self.table()).write_csv(file, float_precision=6, include_header=file.tell() == 0)

    @classmethod
    def of_table(cls, table: pl.DataFrame, target: str, name: str = "model") -> "Forecasts":
        """The forecasts that a table in the columns of `table` holds; CheckpointError if they are of another target."""
        asked, stations, p = TARGETS[target], table["station"], _probabilities(table)
        if isinstance(asked, Continuous) != (not p):
            raise CheckpointError(f"these are no forecasts of {target}: {', '.join(table.columns)}")
        if isinstance(asked, Continuous):
            forecast, y = (table.select(cs.starts_with(one)).to_numpy() for one in ("prediction", "truth"))
            outputs = [one.removeprefix("prediction").strip() or target for one in table.columns if "prediction" in one]
            decision = forecast
        else:
            outputs, forecast = [one[2:-1] for one in p], table.select(p).to_numpy()
            indices = _class_indices if isinstance(asked, Category) else _events
            decision, y = (indices(outputs, table[one]) for one in ("prediction", "truth"))
        places = stations.unique(maintain_order=True).to_list()
        at = stations.replace_strict(places, range(len(places)), return_dtype=pl.Int32).to_numpy()
        x = np.empty((len(table), 0))
        days = Samples(places, at, table["date"].to_numpy().astype("datetime64[D]"), x, y, y)
        return cls((name,), asked, outputs, days, forecast[None], decision[None])


def read_table(file: Path) -> pl.DataFrame:
    """The table that `append_to` wrote, numbers to six digits; CheckpointError if the file is not one."""
    try:
        # Classes may be named 1 and 2; and of a header as such polars does not read the quotes.
        table = pl.read_csv(file, infer_schema=False, has_header=False)
        table = with_formulas(table[1:].rename(dict(zip(table.columns, map(str, table.row(0)), strict=True))))
        named = {"truth", "prediction"} if _probabilities(table) else set()
        numbers = [one for one in table.columns if one not in named.union(KEY)]
        day = pl.col("date").str.to_date("%Y-%m-%d")
        table = table.select(day, "station", pl.exclude(KEY)).cast(dict.fromkeys(numbers, pl.Float64))
        starts = ("truth", "prediction")
        marks = [[name.removeprefix(one) for name in table.columns if name.startswith(one)] for one in starts]
    except (OSError, pl.exceptions.PolarsError) as error:
        raise CheckpointError(f"cannot read {file}: {first_line(error)}") from None
    if (
        table.is_empty()
        or not marks[0] == marks[1] != []
        or (named and marks[0] != [""])
        or table.select(pl.struct(KEY).is_duplicated().any()).item()
    ):
        raise CheckpointError(f"{file} does not hold one row a day and station, with truth and prediction")
    return table


def _probabilities(table: pl.DataFrame) -> list[str]:
    """The columns p(…)."""
    return [one for one in table.columns if one.startswith("p(")]


def beside(parts: Sequence[Forecasts]) -> Forecasts:
    """Several forecasters' of the same days as one."""
    return replace(parts[0], names=tuple(name for one in parts for name in one.names), **_joined(parts, 0))


def one_after_another(parts: Sequence[Forecasts]) -> Forecasts:
    """The same forecasters' of several parts of the days as one."""
    return replace(parts[0], days=concatenated([one.days for one in parts]), **_joined(parts, 1))


def _joined(parts: Sequence[Forecasts], axis: int) -> dict[str, Any]:
    columns = {name: [getattr(one, name) for one in parts] for name in ARRAYS}
    return {name: np.concatenate(each, axis) for name, each in columns.items() if each[0] is not None}


def _class_names(classes: list[str], index: Array) -> pl.Series:
    """The classes of their indices; -1, which stands for an unknown one, is the last."""
    return pl.Series(np.array([*classes, None], dtype=object)[index], dtype=pl.String)


def _class_indices(classes: list[str], names: pl.Series) -> Array:
    _check(names, set(names) - {*classes})
    return names.cast(pl.Enum(classes)).to_physical().to_numpy().astype(np.int64)


def _event_names(outputs: list[str], events: Array) -> pl.Series:
    """The events that happen, joined by " + ", one that is not known with a "?"; null where nothing is.

    "no rain" for a single event that does not happen, "none" for no label.
    """
    labels = _labels(outputs)

    def said(row: Any) -> str | None:
        each = zip(labels, row, strict=True)
        happening = [f"{name}?" if np.isnan(event) else name for name, event in each if event]  # nan is true
        return " + ".join(happening) or (f"no {outputs[0]}" if len(outputs) == 1 else NONE)

    found, place = np.unique(events, axis=0, return_inverse=True)
    names = np.array([None if np.isnan(row).all() else said(row) for row in found], dtype=object)
    return pl.Series(names[place.ravel()], dtype=pl.String)


def _events(outputs: list[str], names: pl.Series) -> Array:
    labels, happening = _labels(outputs), names.str.split(" + ")
    unknown = [f"{label}?" for label in labels]
    nothing = f"no {outputs[0]}" if len(outputs) == 1 else NONE
    _check(names, set(happening.explode()) - {*labels, *unknown, nothing})
    came, gone = (
        np.stack([happening.list.contains(one).to_numpy() for one in each], axis=1) for each in (labels, unknown)
    )
    return np.where(gone, np.nan, came)


def _labels(outputs: list[str]) -> list[str]:
    """The events' names, so that they are told apart when joined: a + that stands alone is doubled; none is none+.

    Question marks at the end are doubled: an odd one more says that it is not known whether the event happens.
    """
    apart = (re.sub(r"((?<!\S)\++(?!\S)|^none\+*$)", r"\1+", one) for one in outputs)
    return [re.sub(r"(\?+)$", r"\1\1", one) for one in apart]


def _check(names: pl.Series, unknown: set[Any]) -> None:
    if unknown:
        said = ", ".join(sorted(map(repr, unknown))[:5])
        raise CheckpointError(f"the forecasts' column {names.name} says {said}, for which there is no probability")
