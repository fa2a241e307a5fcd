"""Which inputs belong together: by what of the weather they tell, and by where and when it is."""

from collections.abc import Iterator, Sequence

import numpy as np

from stratus.data.elements import ELEMENTS
from stratus.data.features.input import USUAL, Input
from stratus.data.recipe import Recipe
from stratus.data.samples import Array

SEASON, TURNING, NEAR, ELSEWHERE = "season", "seasonal turning", "the neighbours", "the other stations"


def groups(recipe: Recipe, outputs: Sequence[str]) -> dict[str, Array]:
    """By the group's name, which inputs of each output are in it, as a mask [k, m]; an input may be in several.

    Of an output that is a station, all inputs of others are `ELSEWHERE`. An element of the user's is its own group.
    """
    inputs = recipe.inputs_for(outputs)
    found: dict[str, Array] = {}
    for j, one in enumerate(inputs):
        for name, rows in _of(one, outputs):
            found.setdefault(name, np.zeros((len(outputs), len(inputs)), bool))[rows, j] = True
    return found


def _of(one: Input, outputs: Sequence[str]) -> Iterator[tuple[str, Array]]:
    """The groups of an input, each with its outputs [k]."""
    every, roots = np.ones(len(outputs), bool), {*one.value.meta.root_names()}
    if one.measured:
        yield from ((name, every) for name in sorted({_told(name) for name in roots - {"date"}} - {""}))
    if "date" in roots or not one.measured:
        yield TURNING if one.measured else SEASON, every
    if one.neighbour:
        yield NEAR, every
    if one.station:
        yield ELSEWHERE, np.array(outputs) != one.station


def _told(column: str) -> str:
    """The group of a column; none of what is usual, from which an element departs."""
    name = "precipitation" if column == "wet" else column
    return "" if name.startswith(f"{USUAL} ") else ELEMENTS[name].group if name in ELEMENTS else name
