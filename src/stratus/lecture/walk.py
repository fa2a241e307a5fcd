"""The walk through the lecture: one page of its lessons' runs, in the lecture's order, with their pictures."""

import shlex
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stratus import files
from stratus.errors import CheckpointError, DataError
from stratus.lecture import NAMES, PARTS
from stratus.runs import record
from stratus.runs.record import LessonRecord

PAGE = "lecture.md"
"""The page; its pictures are in the folder of that name beside it."""

UNSEEN = 8
"""The largest change of a pixel, of 255, that nobody sees."""

_INTRODUCTION = """\
# The lecture, seen

The lecture trains a first “deep” network, of a single layer. It takes three things: a **model** f, which turns an input
x into a forecast by its parameters θ = (W, b); a **dataset** of days whose weather is known, and a **loss**, which says
how bad the forecasts of those days are; and **training**, which changes θ step by step until the loss is low. Here each
idea on that way is one command, run on real weather, with its pictures and a card: what you see, why it is so, and what
to try next.

Run one of the lessons, or all:

```sh
python train.py experiment=lecture/temperature_line
python train.py -m experiment='glob(lecture/*)'
```

A run takes a few seconds. Its card is on the terminal and in `card.md`, its pictures are in `pictures/`;
`tensorboard --logdir outputs` has both, under TEXT and IMAGES. Change a number in a command and see how the card
changes. Unless a card says otherwise, models are trained on the days of 2012 to 2014 in Seattle and tested on those of
2015.

A **nat** is the unit of a log loss: a forecast that gave the probability p to what came has cost −log p nat. The
**Brier score** is the mean of (p − y)², y being 1 if it came and 0 if not. **Skill** is the share of the score of “what
is usual on such a day” that a model saves: 1 is perfect, 0 no better than the calendar, below 0 worse.

*Text, numbers and pictures are those of the runs: `stratus lecture outputs/sweeps/… --to docs` writes this page.*
"""


@dataclass(frozen=True)
class LessonRun:
    """A finished run of a lesson: its folder, the overrides of its command line, and what the lesson said."""

    folder: Path
    overrides: Sequence[str]
    said: LessonRecord

    @property
    def pictures(self) -> dict[str, Path]:
        """By its place beside the page, the file of each picture in the run's folder."""
        folder = Path(PAGE).stem
        return {f"{folder}/{self.said.name}.{file}": self.folder / "pictures" / file for file in self.said.pictures}

    @property
    def section(self) -> str:
        """Its section of the page: title, command, pictures, card."""
        heading, card = self.said.card.split("\n", 1)
        title = heading.removeprefix("# ")
        links = [f"![{title}: {file.stem.replace('_', ' ')}]({place})" for place, file in self.pictures.items()]
        command = shlex.join(["python", "train.py", *self.overrides])
        return "\n\n".join([f"### {title}", f"```sh\n{command}\n```", *links, card.strip()]) + "\n"


def lessons(folders: Iterable[Path]) -> dict[str, LessonRun]:
    """The runs by the name of their lesson, in the lecture's order.

    Args:
        folders: Of runs, or of sweeps.

    Raises:
        CheckpointError: If a folder holds no run, an unfinished one, one of no lesson, or a second one of a lesson.
    """
    found: dict[str, LessonRun] = {}
    for folder in folders:
        for run in [folder] if (folder / record.FILE).exists() else _jobs(folder):
            entries = record.read(run)
            if entries.status != "finished" or not entries.lesson:
                raise CheckpointError(
                    f"{run}: its status is {entries.status}, its lesson {entries.lesson and entries.lesson.name}; "
                    "the walk needs finished runs of experiment=lecture/…"
                )
            name = entries.lesson.name
            if name in found:
                both = f"{found[name].folder} and {run}"
                raise CheckpointError(f"{both} are both runs of the lesson {name}: give one of them")
            found[name] = LessonRun(run, entries.overrides, entries.lesson)
    return {name: found[name] for name in NAMES if name in found}


def _jobs(folder: Path) -> list[Path]:
    jobs = sorted(file.parent for file in folder.glob(f"*/{record.FILE}"))
    if not jobs:
        raise CheckpointError(f"{folder} is neither a run's folder nor a sweep's: there is no {record.FILE}")
    return jobs


def write(runs: Mapping[str, LessonRun], to: Path) -> list[Path]:
    """Writes the page and its pictures, in place of earlier ones of the same lessons.

    Args:
        runs: As `lessons` gives them.
        to: Folder; made if it is missing.

    Returns:
        The files written, the page first.

    Raises:
        DataError: If a picture is missing or a file cannot be written.
    """
    text = [_INTRODUCTION]
    for part, names in PARTS.items():
        if here := [runs[name].section for name in names if name in runs]:
            text += [f"## {part}\n", *here]
    written = [to / PAGE]
    try:
        (to / Path(PAGE).stem).mkdir(parents=True, exist_ok=True)
        for name, run in runs.items():
            for old in (to / Path(PAGE).stem).glob(f"{name}.*"):
                old.unlink()
            for place, file in run.pictures.items():
                written.append(to / place)
                _copy(file, written[-1])
        files.replace(to / PAGE, "\n".join(text))
    except OSError as error:
        raise DataError(f"cannot write the walk: {error}") from None
    return written


def _copy(source: Path, target: Path) -> None:
    """Copies an animation; makes a picture smaller, in 256 colours if no pixel changes by more than `UNSEEN`."""
    from PIL import Image, ImageChops  # noqa: PLC0415 - only where a picture is copied

    if source.suffix == ".gif":
        shutil.copyfile(source, target)
        return
    with Image.open(source) as opened:
        picture = opened.convert("RGB")
    few = picture.quantize(256, Image.Quantize.MAXCOVERAGE)
    changes = ImageChops.difference(picture, few.convert("RGB")).getextrema()
    (few if max(most for _, most in changes) <= UNSEEN else picture).save(target, optimize=True)  # type: ignore[misc]
