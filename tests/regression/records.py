"""Are the results of two checkouts the same? Gathers the figures that training leaves, and compares them.

python tests/regression/records.py run --checkout DIR --to FILE.json             # all commands, some six minutes
python tests/regression/records.py compare BEFORE.json AFTER.json [--tolerance 1e-6]

The commands are those of the README and of docs/lecture.md that need neither the network nor a cluster, and a few that
make the other choices. Each is a process of the checkout's own train.py in a temporary folder. Of its files are kept
the entries of run.json named in ENTRIES, the tables of a sweep, and of forecasts.csv each column's sum and a few rows:
one flat dictionary a command, {"metrics.test/loss": 1.2}, where null is a number that is not defined. Times, versions
and paths are not kept.

`compare` asks of AFTER only what BEFORE has. It prints each figure that is missing or that differs by more than the
tolerance, relative to max(1, |value|), and ends with exit code 1 if there is one. Both files should come from the same
computer: another processor rounds float32 training otherwise.
"""

import argparse
import csv
import json
import math
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

Figures = dict[str, float | str | None]

LESSONS = [
    "accuracy",
    "common_mistakes",
    "gradient_descent",
    "gradients",
    "initialisation",
    "learning_rate",
    "losses",
    "rain",
    "rain_quadratic",
    "softmax_or_sigmoids",
    "temperature_cycle",
    "temperature_line",
    "weather_types",
]

# {regression}: the folder of the run task=regression, {checkout}: that of the code. Each gets pictures=none as well.
COMMANDS = [
    # the tasks by their defaults
    "task=regression",
    "task=binary",
    "task=multiclass",
    "task=multilabel",
    # README.md
    "",
    "-m experiment='glob(lecture/*)'",
    "task=binary features=[station,harmonics] features.lead_days=1",
    "task=binary data=new_york features=quadratic optimizer=gd optimizer.lr=1 trainer.max_epochs=500",
    "task=regression features=two_days optimizer=gd optimizer.lr=0.6 trainer.max_epochs=200",
    "-m task=binary optimizer.lr=0.01,0.1,1 seed=0,1,2",
    "-m sweep=learning_rate",
    "resume={regression} trainer.max_epochs=200",
    "-m hydra/launcher=batched task=multiclass optimizer.lr=0.001,0.01,0.1,1 init=zeros,gaussian 'seed=range(3)'",
    "sweep=optuna hydra/launcher=batched hydra.sweeper.n_jobs=5 hydra.sweeper.n_trials=10",
    "sweep=bootstrap 'data.resample=range(40)'",
    "sweep=bootstrap data=new_york 'data.resample=range(40)'",
    "sweep=joblib task=binary optimizer.lr=0.01,0.1,1 hydra.launcher.n_jobs=1",
    "sweep=optuna task=binary hydra.sweeper.n_trials=4",
    # docs/lecture.md: the lessons, and what each says to try next
    *(f"experiment=lecture/{lesson}" for lesson in LESSONS),
    "task=regression features=[two_days,harmonics] data.validation_from=null",
    "experiment=rain_forecast",
    "experiment=lecture/rain_quadratic data=new_york data.validation_from=null",
    "experiment=lecture/accuracy task.tolerance=0.5",
    "experiment=lecture/losses features=harmonics",
    "experiment=lecture/gradient_descent optimizer.lr=0.5",
    "experiment=lecture/learning_rate optimizer.lr=0.52 trainer.max_epochs=1600",
    "experiment=lecture/initialisation init=uniform init.sigma=1000",
    "experiment=lecture/gradients trainer.max_epochs=2",
    "task=regression features=two_days features.lead_days=0",
    # the other choices
    "experiment=annual_cycle",
    "sweep=features",
    "trainer=debug",
    "task=binary optimizer=adam schedule=step schedule.every=5 init=uniform seed=1 trainer.max_epochs=20",
    "task=multiclass optimizer=lbfgs task.class_weights=balanced trainer.max_epochs=10",
    "task=regression optimizer=sgd schedule=constant init=gaussian optimizer.weight_decay=0.01 patience=3"
    " trainer.gradient_clip_val=1",
    "task=regression task.target=temperature_max_min",
    "task=multilabel features=[station,harmonics] features.lead_days=1",
    "task=binary data=csv data.path={checkout}/data/weather.csv features=station features.lead_days=2",
]

# Entries of run.json, by their dotted path; one that a run does not have, as a diverged one, is passed over.
ENTRIES = [
    "status",
    "metrics",
    "references",
    "skill",
    "gap",
    "intervals",
    "intervals_against_climatology",
    "weights",
    "epochs",
    "best_epoch",
    "largest_stable_step",
    "optimum_attained",
    "data.samples",
    "data.left_out",
    "lesson.figures",
]
TABLES = {"summary.csv": "job", "summary_seeds.csv": "overrides", "resamples.csv": "what"}
"""Tables of a sweep by the column that tells a row from the others."""
PASSED_OVER = {"seconds", "reason"}
"""Columns of those tables that are not results."""


def flat(value: Any, path: str) -> Iterator[tuple[str, float | str | None]]:
    """The plain values in nested dictionaries and lists, each with its dotted path."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from flat(one, f"{path}.{name}")
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from flat(one, f"{path}[{place}]")
    else:
        yield path, None if isinstance(value, float) and not math.isfinite(value) else value


def of_record(record: dict[str, Any]) -> Figures:
    """The figures of one run.json."""
    found: Figures = {}
    for entry in ENTRIES:
        value: Any = record
        for name in entry.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            found |= flat(value, entry)
    if record.get("status") == "diverged" and (step := re.search(r"step (\d+)", str(record.get("error")))):
        found["diverged at step"] = int(step[1])
    return found


def number(cell: str) -> float | str | None:
    """What a cell of a CSV file holds; nothing and "nan" are null."""
    try:
        return float(cell) if math.isfinite(float(cell)) else None
    except ValueError:
        return cell or None


def of_table(path: Path, key: str) -> Figures:
    """The cells of a sweep's table, by row and column."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        f"{path.name}.{row.get(key, place)}.{column}": number(cell)
        for place, row in enumerate(rows)
        for column, cell in row.items()
        if column not in PASSED_OVER
    }


def of_forecasts(path: Path) -> Figures:
    """How many rows forecasts.csv has, the sum of each column of numbers, and four of its rows."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = [{name: number(cell) for name, cell in row.items()} for row in csv.DictReader(file)]
    found: Figures = {"forecasts.rows": len(rows)}
    for column in rows[0] if rows else ():
        numbers = [row[column] for row in rows if isinstance(row[column], float)]
        if numbers:
            found[f"forecasts.sum.{column}"] = math.fsum(numbers)
    for place in sorted({0, len(rows) // 3, 2 * len(rows) // 3, len(rows) - 1} if rows else ()):
        found |= flat(rows[place], f"forecasts.{place}")
    return found


def gathered(folder: Path) -> Figures:
    """The figures of all that a command left in a folder: of one run, or of a sweep's jobs and tables."""
    found: Figures = {}
    tables = {path: key for name, key in TABLES.items() for path in folder.rglob(name)}
    for path, key in tables.items():
        found |= of_table(path, key)
    for path in sorted(folder.rglob("run.json")):
        one = of_record(json.loads(path.read_text(encoding="utf-8")))
        if (forecasts := path.with_name("forecasts.csv")).exists():
            one |= of_forecasts(forecasts)
        found |= {f"jobs.{path.parent.name}.{name}": value for name, value in one.items()} if tables else one
    return found


def train(checkout: Path, command: str, folder: Path, regression: Path | None = None) -> Figures:
    """Runs one command of a checkout's train.py in a folder.

    Args:
        checkout: Its root.
        command: The words after `python train.py`.
        folder: Where the process runs; an empty one.
        regression: What stands for {regression} in the command.
    """
    words = [word.format(checkout=checkout, regression=regression) for word in shlex.split(command)]
    done = subprocess.run(
        [sys.executable, str(checkout / "train.py"), *words, "pictures=none"],
        cwd=folder, env=environment(checkout), capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = gathered(folder)
    if not found:
        print(f"{command}: no run.json: {done.stderr.strip()[-1000:]}", file=sys.stderr)
    return {"exit": done.returncode} | found


def environment(checkout: Path) -> dict[str, str]:
    """Of a process that runs the checkout's own code, on one core, and writes nothing into it."""
    alone = {"PYTHONPATH": str(checkout / "src"), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**os.environ, **alone}


def run(checkout: Path, to: Path, *, only: str) -> None:
    """Runs the commands and writes their figures, after each of them."""
    checkout = checkout.resolve()
    sys.path.insert(0, str(checkout / "src"))
    package = find_spec("stratus")
    if not package or not package.origin or not Path(package.origin).is_relative_to(checkout):
        sys.exit(f"{checkout} has no src/stratus")
    commands = [command for command in COMMANDS if only in command]
    kept: dict[str, Figures] = {}
    with TemporaryDirectory() as temporary:
        regression = Path(temporary, "regression")  # kept for the run that goes on with it
        for place, command in enumerate(commands, 1):
            folder = regression if command == "task=regression" else Path(temporary, str(place))
            folder.mkdir()
            if "{regression}" in command and not regression.exists():
                regression.mkdir()
                train(checkout, "task=regression", regression)
            resumed = next((path.parent for path in regression.rglob("run.json")), None)
            start = time.perf_counter()
            figures = train(checkout, command, folder, resumed)
            kept[command] = figures
            said = f"[{place}/{len(commands)}] {time.perf_counter() - start:.1f} s, {len(kept[command])} figures"
            print(f"{said}: train.py {command}", flush=True)
            to.write_text(json.dumps(kept, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")


def differs(before: float | str | None, after: float | str | None, tolerance: float) -> bool:
    """Whether two figures differ by more than the tolerance, relative to max(1, |value|)."""
    if isinstance(before, int | float) and isinstance(after, int | float):
        allowed = tolerance * (1 + 1e-6)  # for the last digit of forecasts.csv, a millionth, to be one off
        return not abs(after - before) <= allowed * max(1.0, abs(before))
    return before != after


def differences(before: Figures, after: Figures, tolerance: Callable[[str], float]) -> list[str]:
    """A line for each figure of a command that is missing or differs, given the tolerance of each name."""
    found = []
    for name, value in before.items():
        if name not in after:
            found.append(f"{name}: {value} before, missing after")
        elif differs(value, after[name], tolerance(name)):
            found.append(f"{name}: {value} before, {after[name]} after")
    return found


def compare(before: Path, after: Path, tolerance: float) -> int:
    """Prints what differs between two files of `run`; the exit code."""
    one, other = (json.loads(path.read_text(encoding="utf-8")) for path in (before, after))
    wrong = 0
    for command, figures in one.items():
        found = differences(figures, other[command], lambda _: tolerance) if command in other else ["not run"]
        for line in found:
            print(f"train.py {command}: {line}")
        wrong += len(found)
    total = sum(map(len, one.values()))
    print(f"{total} figures of {len(one)} commands, {wrong} missing or different by more than {tolerance:g}")
    return 1 if wrong else 0


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ways = parser.add_subparsers(dest="way", required=True)
    runs = ways.add_parser("run", help="run the commands of a checkout and write their figures")
    runs.add_argument("--checkout", type=Path, required=True, help="the root of the code to run")
    runs.add_argument("--to", type=Path, required=True, help="the JSON file to write")
    runs.add_argument("--only", default="", help="only commands with this text")
    compared = ways.add_parser("compare", help="compare two such files")
    compared.add_argument("before", type=Path)
    compared.add_argument("after", type=Path)
    compared.add_argument("--tolerance", type=float, default=1e-6)
    given = parser.parse_args()
    if given.way == "compare":
        return compare(given.before, given.after, given.tolerance)
    run(given.checkout, given.to, only=given.only)
    return 0


if __name__ == "__main__":
    sys.exit(main())
