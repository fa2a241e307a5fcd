"""An epoch in Stratus beside the same epoch in a raw PyTorch loop.

Both train the five classes on Seattle's training days, 32 a batch, a new permutation an epoch, with the default
optimiser, on one thread. Stratus does it as `python train.py` does: Lightning's trainer with the guard against
divergence, and at each epoch's end validation, TensorBoard and checkpoints. The raw loop does nothing but step.

    python tests/benchmarks/epoch.py
"""

import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from polars import DataFrame
from ratios import seconds, show
from torch.nn.functional import cross_entropy

from stratus.data.splits import Splits
from stratus.runs import experiment
from stratus.settings.compose import PROJECT, check, register
from stratus.settings.experiment import Config

PAIRS, FEW, MANY = 9, 5, 45
RAW = 200  # epochs of the raw loop, so that it takes about as long


def configured(*overrides: str) -> Config:
    """The settings of `python train.py` with overrides."""
    with initialize_config_dir(str(PROJECT / "conf"), version_base=None):
        return check(compose("config", list(overrides)))


def stratus(epochs: int, observations: DataFrame, days: Splits) -> float:
    """Seconds of a fit, its set-up included."""
    record: dict[str, Any] = {"data": {}}
    settings = configured(f"trainer.max_epochs={epochs}", "pictures=none")
    with TemporaryDirectory() as folder:
        experiment.run(settings, observations, days, folder=Path(folder), record=record)
    fit: float = record["fit_seconds"]
    return fit


def raw(epochs: int, days: Splits) -> float:
    """Seconds of the bare steps."""
    settings = configured()
    mean, scale = days.standardisation
    x, y = torch.as_tensor((days.train.x - mean) / scale, dtype=torch.float32), torch.as_tensor(days.train.y)
    model = torch.nn.Linear(len(days.inputs), len(days.outputs))
    optimizer = settings.optimizer.build()(model.parameters())

    def loop() -> None:
        for _ in range(epochs):
            for batch in torch.randperm(len(x)).split(settings.data.batch_size):
                optimizer.zero_grad()
                cross_entropy(model(x[batch]), y[batch]).backward()
                optimizer.step()

    return seconds(loop)


def main() -> None:
    """Runs both in turn."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    register()
    settings = configured()
    observations = settings.data.load().observations
    days = observations.split(settings.recipe, settings.data.borders)
    stratus(1, observations, days)
    epoch, whole = [], []
    for _ in range(PAIRS):
        few, bare, many = stratus(FEW, observations, days), raw(RAW, days) / RAW, stratus(MANY, observations, days)
        epoch.append((many - few) / (MANY - FEW) / bare)
        whole.append(many / MANY / bare)
    print(f"raw loop, last pair: {1000 * bare:.1f} ms an epoch")
    show(f"an epoch, from the difference of fits of {MANY} and {FEW}", epoch, "at most 5, better 4")
    show(f"an epoch with its share of the set-up, from fits of {MANY}", whole, "none")


if __name__ == "__main__":
    main()
