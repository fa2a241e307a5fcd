"""Values changed after the time of issue, 10,000 times: across elements, clocks, stations, leads and feature sets."""

import sys
from collections.abc import Iterator

import numpy as np
from harness import ROOT, Case

from stratus.data.clocks import Clocks
from stratus.data.elements import Hours
from stratus.data.recipe import Recipe

sys.path.append(str(ROOT / "tests/shared"))

from leaking import DAYS, NUMBERS, SETS, STATIONS, TARGETS, leak

BATCH, BATCHES = 200, 50  # tables of a case, and cases


def hours(draw: np.random.Generator) -> dict[str, Hours]:
    """Those of some elements."""
    named = draw.permutation([*NUMBERS, "temperature", "weather"])[: draw.integers(0, 7)]
    return {str(name): Hours(*sorted(draw.integers(-24, 60, 2).tolist())) for name in named}


def tried(seeds: range) -> None:
    for seed in seeds:
        draw = np.random.default_rng(seed)
        clocks = Clocks(hours(draw), {name: hours(draw) for name in STATIONS if draw.random() < 0.5})
        sets = draw.permutation([*SETS])[: draw.integers(1, len(SETS) + 1)].tolist()
        facts = {"seasonal": draw.random() < 0.3, "missing": str(draw.choice(["drop", "mean", "indicator"]))}
        lead, issue = int(draw.integers(0, 4)), float(draw.integers(1, 25))
        recipe = Recipe(str(draw.choice(TARGETS)), {name: SETS[name] for name in sets}, lead, issue, **facts)
        said = leak(draw, clocks, recipe, int(draw.integers(5, DAYS)))
        assert said is None, f"seed {seed}, {recipe}, {clocks}: {said}"


def cases(quick: bool) -> Iterator[Case]:
    if quick:  # tests/data/test_clocks.py has some in the suite
        return
    for first in range(0, BATCH * BATCHES, BATCH):
        seeds = range(first, first + BATCH)
        yield Case(f"tables {seeds.start} to {seeds.stop - 1}", lambda folder, seeds=seeds: tried(seeds), BATCH)
