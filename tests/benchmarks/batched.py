"""Many runs trained as one, beside one run, the basic launcher, joblib, a plain loop in torch and scikit-learn.

    python tests/benchmarks/batched.py            # the sweep of 256 runs
    python tests/benchmarks/batched.py 1024 10000 # time and peak memory of so many members, few epochs
    python tests/benchmarks/batched.py descent    # full-batch descent, 256 learning rates
    python tests/benchmarks/batched.py search     # scikit-learn's cross-validated search

Whole sweeps are timed as a user starts them, `python train.py -m …`, everything written. What a sweep's start takes
is had from the same command with one epoch and one job. Other launchers run a few jobs, and their time for all is
extrapolated.
"""

import logging
import os
import resource
import subprocess
import sys
import time
from dataclasses import replace
from importlib.metadata import distributions
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import torch
from epoch import configured
from ratios import seconds, show

from stratus.data.splits import Splits
from stratus.runs import experiment
from stratus.runs.record import RunRecord
from stratus.settings.command_line import EXTRAS
from stratus.settings.compose import register
from stratus.settings.experiment import Config
from stratus.sweep.batched.member import train_together

TRAIN = str(Path(__file__).parents[2] / "train.py")
PAIRS = 3
FEW = 6
RATES = ("0.001", "0.01", "0.1", "1")
SEEDS = 32
ALL = TemporaryDirectory()
"""Thrown away at the end: for some minutes after many files are removed ext4 is slower to make new ones."""
MEMBERS = 2 * len(RATES) * SEEDS


def command(*words: str) -> float:
    """Seconds of `python train.py -m …`, in a folder of its own."""
    run = [sys.executable, TRAIN, "-m", "task=multiclass", "hydra.sweep.dir=sweep", *words]
    folder = mkdtemp(dir=ALL.name)
    return seconds(lambda: subprocess.run(run, cwd=folder, check=True, capture_output=True))


def members(settings: Config, count: int) -> list[Config]:
    """So many settings, which differ in learning rate and seed."""
    return [
        replace(settings, seed=k, optimizer=replace(settings.optimizer, lr=float(RATES[k % len(RATES)])))
        for k in range(count)
    ]


def lone(settings: Config, days: Splits) -> float:
    """Seconds of one run's training, with its curves and checkpoints."""
    record = RunRecord("multiclass", [])
    with TemporaryDirectory() as folder:
        experiment.run(settings, None, days, folder=Path(folder), record=record)  # type: ignore[arg-type]
    assert record.fit_seconds is not None
    return record.fit_seconds


def sweep(settings: Config, days: Splits) -> None:
    """256 runs of 100 epochs, everything written."""
    grid = (f"optimizer.lr={','.join(RATES)}", "init=zeros,gaussian")
    trained, written, basic, joblib = [], [], [], []
    for _ in range(PAIRS):
        one = lone(settings, days)
        together = seconds(lambda: train_together(members(settings, MEMBERS), days))
        start = command("trainer.max_epochs=1", "pictures=none", "seed=0")
        whole = command("hydra/launcher=batched", *grid, f"seed=range({SEEDS})")
        some = [f"seed=range({FEW})", "pictures=none"]
        trained.append(together / one)
        written.append((whole - start) / one)
        basic.append((command(*some) - start) * MEMBERS / (FEW - 1) / (whole - start))
        print(f"one run {one:.2f} s, {MEMBERS} trained {together:.2f} s, whole {whole:.1f} s, start {start:.1f} s")
        if list(distributions(name=EXTRAS["joblib"])):
            joblib.append((command("hydra/launcher=joblib", *some) - start) * MEMBERS / FEW / (whole - start))
    show(f"training {MEMBERS} runs of 100 epochs beside one", trained, "at most 2")
    show("the same with everything written, less the start, beside one run's training", written, "at most 2.3")
    show(f"the basic launcher ({FEW} jobs, extrapolated) beside the batched one", basic, "at least 100")
    if joblib:
        show(f"joblib on {os.cpu_count()} cores ({FEW} jobs, extrapolated) beside the batched one", joblib, "none")


def many(count: int) -> None:
    """Time and peak memory of a sweep of so many jobs of ten epochs, in a process of its own."""
    took = command("hydra/launcher=batched", "trainer.max_epochs=10", f"seed=range({count})")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(f"{count} members, 10 epochs: {took:.0f} s, {1000 * took / count:.1f} ms a member")
    print(f"peak of the largest process {peak:.2f} GiB")


def descent(days: Splits, iterations: int = 1000) -> None:
    """Full-batch gradient descent at 256 learning rates, beside a plain loop over one batch of matrices."""
    settings = configured("optimizer=gd", f"trainer.max_epochs={iterations}", "pictures=none")
    rates = torch.logspace(-3, 0, 256)
    same = [replace(settings, optimizer=replace(settings.optimizer, lr=rate)) for rate in rates.tolist()]
    mean, scale = days.standardisation
    x = torch.as_tensor((days.train.x - mean) / scale, dtype=torch.float32)
    x, y = torch.cat([x, torch.ones(len(x), 1)], 1), torch.as_tensor(days.train.y)[:, None].expand(-1, 256)

    def plain() -> None:
        theta = torch.zeros(x.shape[1], len(days.outputs), 256, requires_grad=True)
        for _ in range(iterations):
            logits = (x @ theta.flatten(1)).view(len(x), -1, 256)
            loss = torch.nn.functional.cross_entropy(logits, y, reduction="none").mean(0).sum()
            (slope,) = torch.autograd.grad(loss, theta)
            with torch.no_grad():
                theta -= rates * slope

    ratios = []
    for _ in range(PAIRS):
        ours = seconds(lambda: train_together(same, days))
        ratios.append(ours / seconds(plain))
        print(f"{iterations} iterations of 256 learning rates: {ours:.1f} s")
    show("the same, with validation, curves and best weights, beside a plain batched loop", ratios, "none")


def search(settings: Config, days: Splits) -> None:
    """scikit-learn's search over as many settings of its model of the same kind, on one core."""
    from sklearn.linear_model import SGDClassifier  # noqa: PLC0415
    from sklearn.model_selection import GridSearchCV  # noqa: PLC0415

    mean, scale = days.standardisation
    x, y = (days.train.x - mean) / scale, days.train.y
    model = SGDClassifier(loss="log_loss", learning_rate="constant", penalty=None, max_iter=100, tol=None)
    grid = {"eta0": [float(one) for one in RATES], "random_state": list(range(2 * SEEDS))}
    ratios = []
    for _ in range(PAIRS):
        ours = seconds(lambda: train_together(members(settings, MEMBERS), days))
        theirs = seconds(lambda: GridSearchCV(model, grid, cv=2, refit=False).fit(x, y))
        ratios.append(theirs / ours)
    print(f"scikit-learn, {MEMBERS} settings in two folds, 100 epochs: {theirs:.1f} s, Stratus {ours:.1f} s")
    show("scikit-learn's search beside one fit", ratios, "none")


def main(words: list[str]) -> None:
    """Runs what is asked for."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    logging.getLogger("stratus").setLevel(logging.ERROR)
    register()
    settings = configured("pictures=none")
    days = settings.data.load().observations.split(settings.recipe, settings.data.borders)
    print(f"load average {os.getloadavg()[0]:.1f}")
    if not words:
        sweep(settings, days)
    for word in words:
        if word == "descent":
            descent(days)
        elif word == "search":
            search(settings, days)
        else:
            many(int(word))
    print(f"load average {os.getloadavg()[0]:.1f}, {time.strftime('%Y-%m-%d')}")


if __name__ == "__main__":
    main(sys.argv[1:])
