"""Damaged files of every layout, made from numbers: tests/fuzz, 51,200 of them."""

import sys
from collections.abc import Iterator
from pathlib import Path

from harness import ROOT, Case

sys.path.append(str(ROOT / "tests/fuzz"))

from targets import READERS, content_of, failure

BATCH, BATCHES = 400, 16  # files of a case, and cases of a reader


def tried(reader: str, seeds: range, folder: Path) -> None:
    for seed in seeds:
        said = failure(reader, content_of(reader, seed), folder / "file")
        assert said is None, f"python tests/fuzz {reader} --seed {seed}: {said}"


def cases(quick: bool) -> Iterator[Case]:
    if quick:  # tests/fuzz has some in the suite
        return
    for reader in READERS:
        for first in range(10_000, 10_000 + BATCH * BATCHES, BATCH):
            seeds = range(first, first + BATCH)
            name = f"{reader} {seeds.start} to {seeds.stop - 1}"
            yield Case(name, lambda folder, reader=reader, seeds=seeds: tried(reader, seeds, folder), BATCH)
