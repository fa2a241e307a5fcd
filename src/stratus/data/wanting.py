"""Days that give no sample for want of a value: of which element, and how that is mended."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from stratus.data.features.input import CLIMATOLOGY, USUAL, Input
from stratus.data.samples import Array, Samples, unknown
from stratus.data.targets import TARGETS, Category

FEW = 0.01  # a share of days that may be the table's first ones, or a gap: nothing is said of them
_NEARLY = 0.9  # a share of the days without a value that is as good as all
_SHOWN = 3  # elements that a message names
_MENDS = {"weather": "choose task=binary or task=regression"}  # of a target that is not known; else another is asked
_HALVES = {"temperature_max": "temperature_min", "temperature_min": "temperature_max"}


def lacking(every: Samples, inputs: Sequence[Input], target: str, missing: str) -> dict[str, Array]:
    """Where days that give no sample lack an element of the target, or of an input [n], by the element's name."""
    asked = _asked(target)
    useless, y = ~(every.known & every.usable(inputs, missing)), unknown(every.y)
    y = y[:, None] if y.ndim == 1 else y
    alone = TARGETS[target].everywhere or isinstance(TARGETS[target], Category)  # all columns are of one element
    found = {name: useless & (y if alone else y[:, [k]]).all(axis=1) for k, name in enumerate(asked)}
    for one, column in zip(inputs, every.x.T, strict=True):
        for name in {*map(_told, one.value.meta.root_names())} - {"date", ""} if not one.indicator else ():
            found[name] = found.get(name, False) | (useless & np.isnan(column))
    return found


def counts(found: Mapping[str, Array], days: Array | slice = slice(None)) -> dict[str, int]:
    """How many of some days lack each element, those that lack it most often first; none of what no day lacks."""
    every = {name: int(where[days].sum()) for name, where in found.items()}
    return {name: every[name] for name in sorted(every, key=lambda one: -every[one]) if every[name]}


def worst(wanting: Mapping[str, int], days: int, target: str) -> str:
    """The element that most of the days left out lack, and the mend if it is an input alone; `days` are those used.

    Nothing of few days, nor where all elements are lacking alike, as where whole days are.
    """
    name = next(iter(wanting), None)
    if name is None or wanting[name] <= FEW * days or (len(wanting) > 1 and len({*wanting.values()}) == 1):
        return ""
    mend = "" if target not in TARGETS or name in _asked(target) else " (features.missing=mean would keep them)"
    return f", {wanting[name]} of them of {name}{mend}"


def explained(lacked: Mapping[str, int], days: Array, target: str, there: Collection[str]) -> str:
    """Why none of some days [n] gives a sample, and the mends; `there` are the columns of which there are values."""
    often = [name for name in lacked if lacked[name] >= _NEARLY * len(days)] or [*lacked][:_SHOWN]
    numbers = ["all" if lacked[name] == len(days) else f"{lacked[name]}" for name in often[:_SHOWN]]
    said = ", ".join(
        f"{name} {'is missing ' if not k else ''}for {numbers[k]}" for k, name in enumerate(often[:_SHOWN])
    )
    mends = [*_mends(often, _asked(target), there)]
    return f"{said} of the {len(days)} days from {days.min()} to {days.max()}: {'; '.join(mends)}"


def _mends(often: Sequence[str], asked: Sequence[str], there: Collection[str]) -> Iterator[str]:
    halves = [one for one in _HALVES if one in there and _HALVES[one] not in there]
    if "temperature" in often and halves:
        (half,) = halves
        mend = f"of a file with data=csv data.columns.temperature={half} takes that"
        yield f"it is (max + min)/2, and {_HALVES[half]} was never measured; {mend}"
    elif target := [name for name in often if name in asked]:
        yield _MENDS.get(target[0], "choose another task or task.target")
    if others := [name for name in often if name not in asked]:
        stand_in = "" if {*others}.isdisjoint(there) else ", or features.missing=mean"
        yield f"choose features without {' and '.join(others[:_SHOWN])}{stand_in}"


def _asked(target: str) -> list[str]:
    return [_told(name) for value in TARGETS[target].values.values() for name in value.meta.root_names()]


def _told(column: str) -> str:
    """The element that a column is of; nothing of what is usual."""
    usual = column.startswith((f"{USUAL} ", f"{CLIMATOLOGY} "))
    return "" if usual else "precipitation" if column == "wet" else column
