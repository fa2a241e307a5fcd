"""A small network of stations as by-year files, for campaigns that build stores."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

DAYS = {"data.train_from": "2009-01-03", "data.validation_from": "2011-01-01", "data.test_from": "2012-01-01"}
SPLITS = [f"{name}={day}" for name, day in DAYS.items()]


def by_year(
    folder: Path, years: tuple[int, ...] = (2009, 2010, 2011, 2012), *, seed: int = 0, stations: int = 8
) -> list[Path]:
    """A file a year in a folder: three elements a day of so many stations; the same for a seed."""
    chance = np.random.default_rng(seed)
    names = [f"USW{27183 * number % 99999999:08}" for number in range(1, stations + 1)]
    files = []
    folder.mkdir(parents=True, exist_ok=True)
    for year in years:
        days = pl.date_range(date(year, 1, 1), date(year, 12, 31), eager=True)
        shape = (len(days), stations)
        season = 100 * np.cos(2 * np.pi * (np.arange(len(days))[:, None] - 200) / 365)
        low = np.round(season + 20 * (np.arange(stations) % 12) + 40 * chance.normal(size=shape)).astype(int)
        wet = np.where(chance.random(shape) < 0.3, chance.integers(3, 300, shape), 0)
        values = {"TMAX": low + chance.integers(1, 120, shape), "TMIN": low, "PRCP": wet}
        key = {"station": names * len(days), "date": np.repeat(days.dt.strftime("%Y%m%d").to_list(), stations)}
        flags = {name: pl.lit(text) for name, text in (("m", ""), ("q", ""), ("s", "S"))}
        rows = [
            pl.DataFrame(key).with_columns(pl.lit(name).alias("element"), pl.Series("value", one.ravel()), **flags)
            for name, one in values.items()
        ]
        files.append(folder / f"{year}.csv")
        pl.concat(rows).sort("date", "station", maintain_order=True).write_csv(files[-1], include_header=False)
    return files
