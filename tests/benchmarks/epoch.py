"""An epoch in Stratus beside the same epoch under Lightning's barebones trainer, and in a raw PyTorch loop.

All train the five classes on Seattle's training days, 32 a batch, a new permutation an epoch, with the default
optimiser, on one thread. Stratus does it as `python train.py` does: Lightning's trainer with the guard against
divergence, and at each epoch's end validation, TensorBoard and checkpoints. The barebones trainer has the same task and
batches and keeps, logs and guards nothing. The raw loop does nothing but step.

    python tests/benchmarks/epoch.py
"""

import logging
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from hydra import compose, initialize_config_dir
from lightning.pytorch import Trainer
from ratios import seconds, show
from torch.nn.functional import cross_entropy

from stratus.data.datamodule import WeatherDataModule
from stratus.data.observations import Observations
from stratus.data.splits import Splits
from stratus.runs import experiment
from stratus.runs.record import RunRecord
from stratus.settings.compose import PROJECT, check, register
from stratus.settings.experiment import Config

PAIRS, FEW, MANY = 9, 5, 45
RAW = 200  # epochs of the raw loop, so that it takes about as long


def configured(*overrides: str) -> Config:
    """The settings of `python train.py` with overrides."""
    with initialize_config_dir(str(PROJECT / "conf"), version_base=None):
        return check(compose("config", list(overrides)))


def stratus(epochs: int, observations: Observations, days: Splits) -> float:
    """Seconds of a fit, its set-up included."""
    settings, record = configured(f"trainer.max_epochs={epochs}", "pictures=none"), RunRecord("multiclass", [])
    with TemporaryDirectory() as folder:
        experiment.run(settings, observations, days, folder=Path(folder), record=record)
    assert record.fit_seconds is not None
    return record.fit_seconds


def barebones(epochs: int, days: Splits) -> float:
    """Seconds of the same fit by a trainer that does nothing besides."""
    settings = configured()
    trainer = Trainer(barebones=True, accelerator="cpu", max_epochs=epochs)
    data = WeatherDataModule(days, settings.data.batch_size, settings.seed)
    return seconds(lambda: trainer.fit(experiment.new_task(settings, days), data))


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
    warnings.simplefilter("ignore")  # what the barebones trainer says of what it leaves out
    stratus(1, observations, days)
    barebones(1, days)
    beside_bones, beside_raw, bones = [], [], []
    for _ in range(PAIRS):
        lower, bare, upper = stratus(FEW, observations, days), raw(RAW, days) / RAW, stratus(MANY, observations, days)
        bone = (barebones(MANY, days) - barebones(FEW, days)) / (MANY - FEW)
        epoch = (upper - lower) / (MANY - FEW)
        beside_bones.append(epoch / bone)
        beside_raw.append(epoch / bare)
        bones.append(bone / bare)
    print(f"raw loop, last pair: {1000 * bare:.1f} ms an epoch; epochs from the difference of fits of {MANY} and {FEW}")
    show("an epoch beside the barebones trainer's", beside_bones, "at most 1.8, better 1.5")
    show("an epoch beside the raw loop's", beside_raw, "none: it changes from machine to machine")
    show("the barebones trainer's epoch beside the raw loop's", bones, "none")


if __name__ == "__main__":
    main()
