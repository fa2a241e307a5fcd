"""The start of a whole process beside the least it could take, `import torch`.

python tests/benchmarks/startup.py
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from ratios import seconds, show

TRAIN = str(Path(__file__).parents[2] / "train.py")
PAIRS = 9


def process(folder: str, *words: str) -> float:
    """Seconds of a Python process in `folder`."""
    # Compiled modules are kept, as they are for most users.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, *words]
    return seconds(lambda: subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True))


def main() -> None:
    """Runs all four in turn; the first time, which fills the caches, does not count."""
    told, trained, drawn = [], [], []
    with TemporaryDirectory() as folder:
        for turn in range(PAIRS + 1):
            torch = process(folder, "-c", "import torch")
            told.append(process(folder, TRAIN, "--help") / torch)
            run = [TRAIN, "trainer.max_epochs=1", f"hydra.run.dir=run_{turn}"]
            trained.append(process(folder, *run, "pictures=none") / torch)
            drawn.append(process(folder, *run[:-1], f"hydra.run.dir=drawn_{turn}") / torch)
    print(f"import torch, last pair: {torch:.2f} s")
    show("train.py --help", told[1:], "at most 0.65")
    show("train.py trainer.max_epochs=1 pictures=none", trained[1:], "at most 2.3")
    show("train.py trainer.max_epochs=1, with its pictures", drawn[1:], "at most 3, better 2.5")


if __name__ == "__main__":
    main()
