"""Real runs with their pictures, read back from what they were given to draw."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from stratus.lecture import Run
from stratus.pictures import of_run
from stratus.references import Weights


@dataclass
class Drawn:
    folder: Path
    run: Run
    best: Weights | None
    figures: dict

    def logits(self, x):
        """W (x - mean)/scale + b with numpy, from the kept checkpoint alone."""
        content = torch.load(self.folder / "checkpoints" / "best.ckpt", weights_only=True)
        state = {name: value.double().numpy() for name, value in content["state_dict"].items()}
        return (x - state["mean"]) / state["scale"] @ state["linear.weight"].T + state["linear.bias"]


@pytest.fixture(scope="session")
def drawn(trained, tmp_path_factory):
    """Trains three epochs as the command line says and draws; each is run once."""

    @cache
    def train(*overrides):
        folder, seen = tmp_path_factory.mktemp("drawn"), []
        whole = of_run.drawings
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(of_run, "drawings", lambda *given: seen.append(given) or whole(*given))
            trained(folder, "pictures=all", "trainer.max_epochs=3", *overrides)
        ((run, best),) = seen
        return Drawn(folder, run, best, {name: draw() for name, draw in whole(run, best).items()})

    return train


@pytest.fixture(scope="session")
def points():
    """x and y of a line that matplotlib has drawn, as an array [n, 2]."""
    return lambda line: np.column_stack([np.asarray(one, dtype=float) for one in line.get_data()])
