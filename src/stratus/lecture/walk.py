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
from stratus.runs.lesson import CARDS
from stratus.runs.record import LessonRecord

PAGE = "lecture.md"  # its pictures are in the folder of that name beside it
UNSEEN = 8  # the largest change of a pixel, of 255, that nobody sees


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
    """The runs of these folders, each a run's or a sweep's, by the name of their lesson in the lecture's order.

    Raises CheckpointError if a folder holds no run, an unfinished one, one of no lesson, or a second one of a lesson.
    """
    found: dict[str, LessonRun] = {}
    for folder in folders:
        own, jobs = folder / record.FILE, sorted(folder.glob(f"*/{record.FILE}"))
        runs = [file.parent for file in ([own] if own.exists() else jobs)]
        if not runs:
            raise CheckpointError(f"{folder} is neither a run's folder nor a sweep's: there is no {record.FILE}")
        for run in runs:
            entries = record.read(run)
            if entries.status != "finished" or not entries.lesson:
                given = f"its status is {entries.status}, its lesson {entries.lesson and entries.lesson.name}"
                raise CheckpointError(f"{run}: {given}; the walk needs finished runs of experiment=lecture/…")
            name = entries.lesson.name
            if name in found:
                both = f"{found[name].folder} and {run}"
                raise CheckpointError(f"{both} are both runs of the lesson {name}: give one of them")
            found[name] = LessonRun(run, entries.overrides, entries.lesson)
    return {name: found[name] for name in NAMES if name in found}


def write(runs: Mapping[str, LessonRun], to: Path) -> list[Path]:
    """Writes the page and its pictures, in place of earlier ones of the same lessons; returns their files.

    Raises DataError if a picture is missing or a file cannot be written.
    """
    text = [(CARDS / "introduction.md").read_text(encoding="utf-8")]
    for part, names in PARTS.items():
        if here := [runs[name].section for name in names if name in runs]:
            text += [f"## {part}\n", *here]
    written = [to / PAGE]
    try:
        (to / Path(PAGE).stem).mkdir(parents=True, exist_ok=True)
        for run in runs.values():
            for place, file in run.pictures.items():
                written.append(to / place)
                with files.replacing(written[-1]) as beside:
                    _copy(file, beside)
        files.replace(to / PAGE, "\n".join(text))
        for name in runs:
            for old in {*(to / Path(PAGE).stem).glob(f"{name}.*")} - {*written}:
                old.unlink()  # last: until then the page before has its pictures
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
