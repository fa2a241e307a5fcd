"""Odd names of classes and stations, through training, pictures, files and comparisons: names are only names."""

import csv
import json
import os
import re
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from harness import ROOT, Case, given, in_process
from hostile import EVIL

from stratus.runs.comparison import compare

NAMES = {
    "numbers": ["1", "2", "3", "4", "5"],
    "other numbers": ["1e5", "0x10", "-0", "1_000", "٣"],
    "what is no text": ["true", "false", "nan", "null", "inf"],
    "more of that": ["True", "None", "NA", "-inf", "NaN"],
    "formulas": ["=1+1", "+2", "-3", "@x", "'=q"],
    "apostrophes": ["''=q", "'", "'s", "'-", "=\"'"],
    "TeX": ["$a", "$b$", "\\alpha", "_x$^{", "a$ $\\frac"],
    "markup": ["[red]", "[/red]", "[bold]x[/]", ":sun:", "[link=http://x]y"],
    "escapes": [EVIL, "a\x1b[31mb", "\u202ea", "a\x02b", "a\x7f\x9bb"],
    "lines": ["a\nb", "a\n\nb", "a\tb", "a\u2028b", "a\x0bb"],
    "CSV": ['"q"', "a,b", '"', "a;b", "p(x)"],
    "brackets": ["a)b", "(", "p()", "{x}", "%s"],
    "columns": ["date", "station", "truth", "prediction", "p(rain)"],
    "joined": ["A", "B", "A + B", "A + B + A", "+"],
    "joined twice": ["A +", "+ B", "A ++ B", "++", "B"],
    "nothing": ["none", "no rain", "none+", "rain", "no none"],
    "paths": ["a/b", "../x", "/etc", "C:\\x", "~"],
    "writing": ["東京", "☀️🌧", "مطر", "é", "e\u0301"],
    "much": ["x" * 300, "y" * 2000, "z z " * 50, "w", "v"],
}
OURS = ("drizzle", "fog", "rain", "snow", "sun")


def table(file: Path, *, classes: dict[str, str], stations: list[str]) -> None:
    """The shipped weather with its classes under other names, at stations that are Seattle's and New York's in turn."""
    with open(ROOT / "data" / "weather.csv", encoding="utf-8", newline="") as shipped:
        header, *rows = csv.reader(shipped)
    place, weather = header.index("station"), header.index("weather")
    with open(file, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(header)
        for k, station in enumerate(stations):
            for row in rows:
                if row[place] == ("Seattle", "New York")[k % 2]:
                    named = {place: station, weather: classes.get(row[weather], row[weather])}
                    writer.writerow([named.get(column, value) for column, value in enumerate(row)])


def well(folder: Path, *words: str) -> str:
    code, printed = given(folder, list(words))
    assert code == 0, printed[-1500:]
    assert "Traceback" not in printed, printed
    assert not re.search(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u202a-\u202e]", printed), repr(printed)
    return printed


def run(folder: Path, task: str, names: list[str]) -> None:
    """Two runs whose classes or stations have these names; raises AssertionError where one is not what it should be."""
    several = task == "multilabel"
    stations = names[:3] if several else ["Seattle"]
    classes = {} if several else dict(zip(OURS, names, strict=True))
    table(folder / "weather.csv", classes=classes, stations=stations)
    common = [f"task={task}", "data=csv", f"data.path={folder}/weather.csv", "trainer.max_epochs=1"]
    for k, more in enumerate((["features=station", "pictures=all"], ["features=harmonics", "pictures=none"])):
        printed = well(folder, "train", *common, *more, f"hydra.run.dir={folder}/{k}")
        for name in stations if several else names:
            assert not name.isprintable() or name[:20] in printed or " " in name, f"{name!r} is not shown: {printed}"
    first, second = (json.loads((folder / f"{k}/run.json").read_text(encoding="utf-8")) for k in range(2))
    assert {"weights.png", "worst_days.png", "confusion.png"} <= set(os.listdir(folder / "0" / "pictures"))

    found = compare([folder / "0", folder / "1"])
    for score in ("brier", "accuracy", "log_loss"):  # files have six digits
        for k, record in enumerate((first, second)):
            recorded, again = record["metrics"][f"test/{score}"], found.values[score][k][0]
            assert abs(recorded - again) < 1e-4, f"{score} of run {k} is {recorded}, compared it is {again}"
    well(folder, "compare", str(folder / "0"), str(folder / "1"), "--picture", str(folder / "both.png"))
    assert (folder / "both.png").stat().st_size > 5000
    well(folder, "evaluate", str(folder / "0"))
    asked = ["--date", "2015-06-01", "--csv", str(folder / "next.csv")]
    well(folder, "forecast", str(folder / "1"), *asked)
    for file in (folder / "next.csv", folder / "0" / "forecasts.csv"):
        with open(file, encoding="utf-8", newline="") as opened:
            rows = list(csv.DictReader(opened))
        assert rows
        for row in rows:
            for column, cell in row.items():
                numeric = column.startswith("p(")
                assert numeric or cell[:1] not in tuple("=+-@\t\r\n"), f"{column} of {file.name} is {cell!r}"
                assert not numeric or 0 <= float(cell) <= 1, f"{column} of {file.name} is {cell!r}"


def check(folder: Path, task: str, names: list[str]) -> None:
    in_process(__file__, json.dumps([str(folder), task, names]))


def cases(quick: bool) -> Iterator[Case]:
    for what, names in NAMES.items():
        for task in ("multilabel", "multiclass"):
            if not quick:  # a case takes eight seconds
                yield Case(f"{what}, {task}", partial(check, task=task, names=names), len(names))


if __name__ == "__main__":
    folder, *rest = json.loads(sys.argv[1])
    run(Path(folder), *rest)
