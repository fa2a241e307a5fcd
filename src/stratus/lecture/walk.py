"""The walk through the lecture: one page of its lessons' runs, in the lecture's order, with their pictures."""

import re
import shlex
import shutil
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stratus import files
from stratus.errors import CheckpointError, DataError, first_line, legible
from stratus.lecture import NAMES, PARTS
from stratus.runs import record
from stratus.runs.lesson import CARDS
from stratus.runs.record import LessonRecord
from stratus.settings.command_line import settings_of

PAGE = "lecture.md"  # its pictures are in the folder of that name beside it
UNSEEN = 8  # the largest change of a pixel, of 255, that nobody sees
LARGEST, MOST_PIXELS = 2**25, 2**24  # bytes of a picture's file, and its pixels


@dataclass(frozen=True)
class LessonRun:
    """A finished run of a lesson: its folder, the overrides of its command line, and what the lesson said."""

    folder: Path
    overrides: Sequence[str]
    said: LessonRecord

    @property
    def pictures(self) -> dict[str, Path]:
        """By its place beside the page, the file of each picture in the run's folder."""
        folder, names = Path(PAGE).stem, self.said.pictures
        if strange := [one for one in names if not re.fullmatch(r"\w[\w-]*\.(png|gif)", one, re.ASCII)]:
            raise CheckpointError(f"{self.folder} records {strange[0]!r:.80}, which is no name of a picture")
        return {f"{folder}/{self.said.name}.{file}": self.folder / "pictures" / file for file in names}

    @property
    def section(self) -> str:
        """Its section of the page: title, command, pictures, card."""
        heading, _, card = legible(self.said.card, keep="\n").partition("\n")
        title = heading.removeprefix("# ")
        links = [f"![{title}: {file.stem.replace('_', ' ')}]({place})" for place, file in self.pictures.items()]
        command = legible(shlex.join(["python", "train.py", *self.overrides]))
        return "\n\n".join([f"### {title}", f"```sh\n{command}\n```", *links, card.strip()]) + "\n"


def lessons(folders: Iterable[Path]) -> dict[str, LessonRun]:
    """The runs of these folders, each a run's or a sweep's, by the name of their lesson in the lecture's order.

    Raises CheckpointError if a folder holds no run, an unfinished one, one of no lesson, or a second one of a lesson;
    ConfigurationError if the command of one, which the page shows, sets more than settings.
    """
    found: dict[str, LessonRun] = {}
    for folder in folders:
        runs = [folder] if (folder / record.FILE).exists() else record.job_folders(folder)
        if not runs:
            raise CheckpointError(f"{folder} is neither a run's folder nor a sweep's: there is no {record.FILE}")
        for run in runs:
            entries = record.read(run)
            if run.is_symlink() and run != folder:
                raise CheckpointError(f"{run} is a link: give the folder itself")
            if entries.status != "finished" or not entries.lesson or entries.lesson.name not in NAMES:
                given = f"its status is {entries.status}, its lesson {entries.lesson and entries.lesson.name}"
                raise CheckpointError(f"{run}: {given}; the walk needs finished runs of experiment=lecture/…")
            settings_of(entries.overrides)
            name = entries.lesson.name
            if name in found:
                both = f"{found[name].folder} and {run}"
                raise CheckpointError(f"{both} are both runs of the lesson {name}: give one of them")
            found[name] = LessonRun(run, entries.overrides, entries.lesson)
    return {name: found[name] for name in NAMES if name in found}


def write(runs: Mapping[str, LessonRun], to: Path) -> list[Path]:
    """Writes the page and its pictures, in place of earlier ones of the same lessons; returns their files.

    Raises DataError if a picture is none, OSError if it is missing or a file cannot be written.
    """
    text = [(CARDS / "introduction.md").read_text(encoding="utf-8")]
    for part, names in PARTS.items():
        if here := [runs[name].section for name in names if name in runs]:
            text += [f"## {part}\n", *here]
    written = [to / PAGE]
    (to / Path(PAGE).stem).mkdir(parents=True, exist_ok=True)
    for run in runs.values():
        for place, file in run.pictures.items():
            written.append(to / place)
            with files.replacing(written[-1]) as beside:
                _copy(files.inside(run.folder, f"pictures/{file.name}", LARGEST), beside)
    files.replace(to / PAGE, "\n".join(text))
    for name in runs:
        for old in {*(to / Path(PAGE).stem).glob(f"{name}.*")} - {*written}:
            old.unlink()  # last: until then the page before has its pictures
    return written


def _copy(source: Path, target: Path) -> None:
    """Copies an animation; makes a picture smaller, in 256 colours if no pixel changes by more than `UNSEEN`."""
    from PIL import Image, ImageChops  # noqa: PLC0415 - only where a picture is copied

    kind = source.suffix[1:].upper()
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # there is a lower limit
    try:
        with Image.open(source, formats=[kind]) as opened:  # of other formats some have programs run
            if opened.width * opened.height > MOST_PIXELS:
                raise ValueError(f"{opened.width} x {opened.height} pixels; expected at most {MOST_PIXELS:,}")
            picture = opened.convert("RGB")
    except Exception as error:  # Pillow raises whatever broken bytes lead it to
        raise DataError(f"{source} is not a picture to copy: {first_line(error)}") from None
    if kind == "GIF":
        shutil.copyfile(source, target)
        return
    few = picture.quantize(256, Image.Quantize.MAXCOVERAGE)
    changes = ImageChops.difference(picture, few.convert("RGB")).getextrema()
    (few if max(most for _, most in changes) <= UNSEEN else picture).save(target, optimize=True)  # type: ignore[misc]
