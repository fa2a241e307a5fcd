"""Feeds a reader with damaged files for as long as you like: `python tests/fuzz READER [--seconds N] [--seed S]`.

Each file is made from a number, one after the other from the seed on (a new one if none is given). The first that a
reader gets wrong is said with its number, which `--seed` tries again, and its bytes are left in a file. Exit code 1.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "src"))

from targets import READERS, content_of, failure


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reader", metavar="READER", choices=READERS, help=", ".join(READERS))
    parser.add_argument("--seconds", type=float, default=60, help="how long (60)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32), help="the first number")
    given = parser.parse_args()
    seed, until = given.seed, time.monotonic() + given.seconds
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < until:
            content = content_of(given.reader, seed)
            if said := failure(given.reader, content, Path(folder) / "file"):
                kept = Path(tempfile.gettempdir()) / f"{given.reader}-{seed}"
                kept.write_bytes(content)
                print(f"{given.reader} --seed {seed}: {said}\n{kept} holds the file")
                return 1
            seed += 1
    print(f"{given.reader}: {seed - given.seed} files, from {given.seed} on, and nothing wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main())
