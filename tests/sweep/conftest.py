"""A real sweep, its jobs trained one after the other in this process."""

from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from stratus.errors import Diverged
from stratus.runs import record
from stratus.settings.compose import check
from stratus.sweep import pictures
from stratus.sweep.jobs import drawable

RATES, STARTS, SEEDS = ("0.05", "0.2", "1e20"), ("zeros", "gaussian"), ("0", "1")


@dataclass
class Sweep:
    folder: Path
    runs: dict  # what each job's run.json says, by its learning rate, start and seed
    figures: dict


@pytest.fixture(scope="module")
def settings(composed):
    """The checked settings of a run without pictures."""
    return lambda *overrides: check(composed("pictures=none", *overrides))


@pytest.fixture(scope="session")
def sweep(trained, recorded, once):
    """Twelve jobs of gradient descent on tomorrow's temperature; those with the largest of three rates diverge."""
    jobs = list(product(RATES, STARTS, SEEDS))

    def run(folder):
        for number, (lr, init, seed) in enumerate(jobs):
            swept = (f"optimizer.lr={lr}", f"init={init}", f"seed={seed}", "trainer.max_epochs=2")
            with suppress(Diverged):
                settings = ("task=regression", "features=two_days", "optimizer=gd", *swept)
                trained(folder / str(number), *settings, swept=["optimizer.lr", "init", "seed"])
        written = pictures.write(folder, record.of_jobs(folder))
        assert [path.name for path in written] == ["learning_rate.png", "heat_map.png"]

    folder = once("sweep", run)
    drawings = pictures.drawings(drawable(list(record.of_jobs(folder).values())))
    figures = {name: draw() for name, draw in drawings.items()}
    return Sweep(folder, {job: recorded(folder / str(number)) for number, job in enumerate(jobs)}, figures)
