"""Many stations: reading, building a store, and training from it, beside polars and training in memory.

python tests/benchmarks/stations.py [millions of rows in a synthetic year, 30]
"""

import logging
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
from hydra import compose, initialize_config_dir
from ratios import seconds, show

from stratus.data.ghcn.layouts import pieces
from stratus.data.store.read import open_store
from stratus.runs import experiment
from stratus.runs.record import RunRecord
from stratus.settings.compose import PROJECT, check, register
from stratus.settings.experiment import Config

PAIRS = 5
ELEMENTS = ("TMAX", "TMIN", "PRCP", "SNOW", "SNWD")


def year(folder: Path, millions: float) -> Path:
    """A by-year file of so many million rows: stations with five elements on each of 365 days, day by day."""
    stations = [f"USC{number:08}" for number in range(round(millions * 1e6 / 365 / len(ELEMENTS)))]
    chance = np.random.default_rng(0)
    path = folder / "2017.csv"
    with path.open("ab") as file:
        for day in pl.date_range(pl.date(2017, 1, 1), pl.date(2017, 12, 31), eager=True):
            low = chance.integers(-300, 300, len(stations))
            wet = np.where(chance.random(len(stations)) < 0.3, chance.integers(3, 300, len(stations)), 0)
            values = (low + chance.integers(1, 150, len(stations)), low, wet, wet * (low < -50), wet * 0)
            rows = pl.concat(
                pl.DataFrame({"station": stations}).with_columns(
                    pl.lit(f"{day:%Y%m%d}").alias("date"),
                    pl.lit(element).alias("element"),
                    pl.Series("value", value),
                    *(pl.lit(text).alias(name) for name, text in (("m", ""), ("q", ""), ("s", "7"), ("time", "0700"))),
                )
                for element, value in zip(ELEMENTS, values, strict=True)
            )
            rows.write_csv(file, include_header=False)
    return path


def dly(folder: Path, millions: float) -> Path:
    """A .dly file of so many million values."""
    chance = np.random.default_rng(0)
    path = folder / "many.dly"
    with path.open("w") as file:
        for number in range(round(millions * 1e6 / 31)):
            days = "".join(f"{value:5}  S" for value in chance.integers(-300, 300, 31))
            month = number // len(ELEMENTS)
            file.write(f"USC{number // 12000:08}{1900 + month // 12 % 100}01{ELEMENTS[number % 5]}{days}\n")
    return path


def rate(read: Callable[[], object], peer: Callable[[], object], rows: int, name: str) -> None:
    """Prints how many times as long as its peer a reader takes, and its rows a second."""
    ours, ratios = [], []
    for _ in range(PAIRS):
        ours.append(seconds(read))
        ratios.append(ours[-1] / seconds(peer))
    show(f"{name}, {rows / median(ours) / 1e6:.2f} M rows/s, beside polars' scan of the bytes", ratios, "none set")


def scan(path: Path) -> pl.DataFrame:
    """Polars merely scans a file's fields as text."""
    fields = pl.scan_csv(path, has_header=False, infer_schema=False, quote_char=None)
    return fields.select(pl.all().str.len_bytes().sum()).collect(engine="streaming")


def configured(*overrides: str) -> Config:
    """The settings of `python train.py` with overrides."""
    with initialize_config_dir(str(PROJECT / "conf"), version_base=None):
        return check(compose("config", list(overrides)))


def fit(store: Path, *overrides: str) -> tuple[float, int]:
    """Seconds an epoch of training on the store, from the difference of two fits, and its training days."""
    took = {}
    for epochs in (1, 4):
        days = ("data.train_from=2017-01-03", "data.validation_from=null", "data.test_from=2017-12-20")
        chosen = ("task=binary", "data=store", f"data.path={store}", *days, "features=[two_days,harmonics]")
        settings = configured(*chosen, f"trainer.max_epochs={epochs}", "pictures=none", *overrides)
        observations = settings.data.load().observations
        splits = observations.split(settings.recipe, settings.data.borders)
        record = RunRecord("binary", [], settings.seed)
        with TemporaryDirectory() as folder:
            experiment.run(settings, observations, splits, folder=Path(folder), record=record)
        assert record.fit_seconds is not None
        took[epochs] = record.fit_seconds
    return (took[4] - took[1]) / 3, len(splits.train)


def main() -> None:
    """Runs all of them."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    register()
    millions = float(sys.argv[1]) if len(sys.argv) > 1 else 30
    with TemporaryDirectory() as name:
        folder = Path(name)
        for make, label in ((dly, ".dly"), (year, "by-year CSV")):
            small = make(folder, 2)
            rows = sum(map(len, pieces(small)))
            rate(lambda file=small: sum(map(len, pieces(file))), lambda file=small: scan(file), rows, label)
            small.unlink()
        whole, store = year(folder, millions), folder / "store"
        command = [sys.executable, "-c", "from stratus.cli import main; main()", "store", "build", str(whole)]
        command += ["--to", str(store)]
        took = seconds(lambda: subprocess.run(command, check=True, capture_output=True))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        print(f"a store of {millions:g} M rows: {millions / took:.2f} M rows/s, peak {peak:.2f} GiB; goal at most 2")
        whole.unlink()
        parquet = list(store.rglob("bucket=*.parquet"))
        days = open_store(store).days
        decoding = median(seconds(lambda: [pl.read_parquet(file) for file in parquet]) for _ in range(PAIRS))
        (streamed, n), (memory, _) = fit(store, "data.memory=0.2"), fit(store, "data.memory=20")
        print(f"streamed training: {n / streamed / 1e6:.2f} M days/s; in memory {n / memory / 1e6:.2f}, ", end="")
        print(f"decoding the Parquet alone {days / decoding / 1e6:.2f}")
        print(f"streamed beside memory {memory / streamed:.2f}, beside decoding {n / streamed / (days / decoding):.2f}")


if __name__ == "__main__":
    main()
