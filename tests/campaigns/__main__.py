"""Tries what could go wrong, hundreds of times and for real: `python tests/campaigns [NAME …] [--quick]`.

Each campaign is a module here with a function `cases(quick)`. Its line says how many inputs were tried and how many
failed; each failure is shown below it, with its case's name. Exit code 1 if any failed.
"""

import argparse
import importlib
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import Case

NAMES = sorted(
    path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith(("_", "test_", "harness"))
)


def failure(case: Case) -> str | None:
    """Why a case failed, if it did."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            case.check(Path(folder))
        except AssertionError as error:
            return f"{case.name}: {error}"
        except Exception:
            return f"{case.name}: {traceback.format_exc()}"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"campaigns: {', '.join(NAMES)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="the part that the suite runs")
    parser.add_argument("--processes", type=int, default=2, help="cases at a time (default: 2)")
    given = parser.parse_args()
    if unknown := set(given.names) - {*NAMES}:
        parser.error(f"there is no campaign {', '.join(unknown)}; there are: {', '.join(NAMES)}")
    failed = 0
    for name in given.names or NAMES:
        cases, began = list(importlib.import_module(name).cases(given.quick)), time.monotonic()
        with ThreadPoolExecutor(given.processes) as pool:
            failures = [one for one in pool.map(failure, cases) if one]
        tried, seconds = sum(case.tried for case in cases), time.monotonic() - began
        print(f"{name:<12} {tried:>6} tried {len(failures):>4} failed {seconds:>6.0f} s", flush=True)
        print(*(f"    {one}" for one in failures), sep="\n", end="\n" if failures else "")
        failed += len(failures)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
