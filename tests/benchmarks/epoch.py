"""An epoch in Stratus beside the same epoch in a raw PyTorch loop.

Both train the five classes on Seattle's training days, 32 a batch, a new permutation an epoch, with the default
optimiser. Stratus does it as `python train.py` does: Lightning's trainer with the guard against divergence,
validation, TensorBoard and checkpoints at each epoch's end. The raw loop does nothing but step.

    python tests/benchmarks/epoch.py
"""

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from hydra import compose, initialize_config_dir
from ratios import seconds, show

from stratus import board, config, experiment, observations, splits, tasks
from stratus.datamodule import WeatherDataModule, targets
from stratus.settings import Config
from stratus.splits import Splits
from stratus.tasks.linear import LinearTask

PAIRS, FEW, MANY, RAW = 7, 5, 45, 200  # RAW: epochs of the raw loop, for a time as long as the other


def settings_of(*overrides: str) -> Config:
    with initialize_config_dir(str(config.PROJECT / "conf"), version_base=None):
        return config.check(compose("config", [*overrides]))


def task_of(settings: Config, days: Splits) -> LinearTask:
    return tasks.find(settings.task.name).fitting(
        days,
        optimizer=config.build(settings.optimizer),
        schedule=config.build(settings.schedule),
        init=config.build(settings.init),
        **settings.task.settings,
    )


def stratus(epochs: int, days: Splits) -> float:
    """Seconds of a whole fit, set-up included."""
    settings = settings_of(f"trainer.max_epochs={epochs}")
    task, data = task_of(settings, days), WeatherDataModule(days, settings.data.batch_size)
    with TemporaryDirectory() as name:
        folder = Path(name)
        trainer = experiment._trainer(settings, days, folder, board.logger(folder))
        return seconds(lambda: experiment._fit(trainer, task, data, None))


def raw(epochs: int, days: Splits) -> float:
    """Seconds of the bare steps."""
    settings = settings_of()
    task = task_of(settings, days)
    mean, scale = days.standardisation
    x_all, y_all = torch.as_tensor((days.train.x - mean) / scale, dtype=torch.float32), targets(days.train)
    model, loss_of = task.linear, task.loss
    optimizer = task.optimizer(model.parameters())

    def loop() -> None:
        for _ in range(epochs):
            order = torch.randperm(len(x_all))
            for batch in order.split(settings.data.batch_size):
                optimizer.zero_grad()
                loss_of(model(x_all[batch]), y_all[batch]).backward()
                optimizer.step()

    return seconds(loop)


def main() -> None:
    """Runs both in turn."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    torch.set_num_threads(1)  # for both, as every run has it
    config.register()
    settings = settings_of()
    table = observations.select(observations.read_csv(settings.data.path), settings.data.stations, "the table")
    days = splits.split(table, settings.recipe, **settings.data.days)
    stratus(1, days), raw(1, days)
    epoch, whole = [], []
    for _ in range(PAIRS):
        few, many, bare = stratus(FEW, days), stratus(MANY, days), raw(RAW, days) / RAW
        epoch.append((many - few) / (MANY - FEW) / bare)
        whole.append(many / MANY / bare)
    print(f"raw loop, last pair: {1000 * bare:.1f} ms an epoch")
    show(f"an epoch (fits of {MANY} and {FEW} epochs, their difference)", epoch, "at most 7, better 4")
    show(f"an epoch with its share of the set-up (a fit of {MANY} epochs)", whole, "none")


if __name__ == "__main__":
    main()
