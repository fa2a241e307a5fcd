"""Whether an input of the user's own knows what it cannot know."""

import numpy as np
import polars as pl

from stratus.data.elements import ELEMENTS
from stratus.data.features import FEATURES
from stratus.data.features.input import CLIMATOLOGY, PLACED, USUAL, Input
from stratus.data.inputs import columns_of
from stratus.data.recipe import Recipe
from stratus.errors import ConfigurationError, first_line

_TRIALS = 8  # days from which on the table is made unknown


def check_own(known: pl.DataFrame, recipe: Recipe) -> None:
    """Raises ConfigurationError for an input of the user's own that is broken, infinite, or reads what is not known.

    The latter is tried: where all that is measured after a day is taken out of the table, no input may change whose
    time of issue is not later.
    """
    if "own" not in recipe.features:
        return
    inputs = FEATURES["own"](recipe.lead_days, **recipe.features["own"])
    _check_columns(inputs, known, recipe)
    found = _values(known, inputs)
    for k in np.flatnonzero(np.isinf(found).any(axis=0)):
        raise ConfigurationError(f"features.own: '{inputs[k].name}' is infinite on some days: clip what it divides by")
    dates = known["date"].to_numpy()
    first, last = dates.min(), dates.max()
    fixed = ("station", "date", *PLACED)
    measured = [name for name in known.columns if name not in fixed and name.split(" ")[0] not in (USUAL, CLIMATOLOGY)]
    for day in first + (last - first) * np.arange(1, _TRIALS + 1) // (_TRIALS + 1):
        unknown = pl.when(pl.col("date") <= day.item()).then(pl.col(measured))
        then = dates <= day + recipe.lead_days
        tried = _values(known.with_columns(unknown), inputs)
        for k in np.flatnonzero(~np.isclose(found[then], tried[then], 1e-9, 1e-12, equal_nan=True).all(axis=0)):
            raise ConfigurationError(
                f"features.own: '{inputs[k].name}' reads what is measured after the time of issue: of each column use "
                "shift(lead_days) or what lies further back, no negative shift, and no mean over the whole record"
            )


def _check_columns(inputs: list[Input], known: pl.DataFrame, recipe: Recipe) -> None:
    there = [name for name in known.columns if name in ELEMENTS or known[name].count()]
    for one in inputs:
        for name in one.value.meta.root_names():
            if name not in there and name not in recipe.own:
                raise ConfigurationError(f"features.own: '{one.name}' reads '{name}'; there are: {', '.join(there)}")


def _values(known: pl.DataFrame, inputs: list[Input]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    try:
        return columns_of(known, inputs).cast(pl.Float64).to_numpy()
    except pl.exceptions.PolarsError as error:
        raise ConfigurationError(f"features.own: the inputs cannot be worked out: {first_line(error)}") from None
