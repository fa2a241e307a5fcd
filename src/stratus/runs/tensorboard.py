"""What a run shows in TensorBoard: curves, references as constant lines, final figures, the configuration, pictures."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lightning.pytorch.loggers import Logger
from lightning.pytorch.utilities import rank_zero_only
from tensorboard.compat.proto.summary_pb2 import Summary
from torch.utils.tensorboard.summary import hparams, text

from stratus import files
from stratus.runs.events import EventFile, image, scalars, write_new

if TYPE_CHECKING:
    from matplotlib.animation import Animation
    from matplotlib.figure import Figure


# Scores that TensorBoard shows; run.json has all.
CHIEF = ("train/loss", "train/accuracy", "val/loss", "val/accuracy", "test/loss", "test/accuracy", "test/skill")


class CurveLogger(Logger):
    """Lightning's logger of a run's curves: each point is in the run's event file at once."""

    name, version = None, None

    def __init__(self, file: EventFile) -> None:
        self.file = file

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Writes one point of each curve; Lightning adds the number of the epoch, which is none."""
        self.file.add_summary(scalars({tag: value for tag, value in metrics.items() if tag != "epoch"}), step)
        self.file.flush()

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing: `settings` writes them."""


def curves(file: EventFile, points: Iterable[tuple[int, Mapping[str, float]]]) -> None:
    """Curves known as a whole: steps with values by tag."""
    for step, values in points:
        file.add_summary(scalars(values), step)


def constant_lines(folder: Path, references: Mapping[str, Mapping[str, float]], steps: int, *, what: str) -> None:
    """Each reference as a run of its own, its scores constant from step 0 to `steps`: `references/<what>, <name>`.

    TensorBoard draws the same tag of several runs in one chart, so the lines lie beside the model's curves. It shows no
    more than forty runs unasked: runs whose lines are the same share them, all below `outputs` and those of a sweep
    elsewhere. Lines of one name that differ, as the optimum does with the features, are numbered.
    """
    shared = next((one for one in folder.parents if one.name == "outputs"), folder) / "references"
    for name, row in references.items():
        shown = {tag: value for tag, value in row.items() if tag in CHIEF}
        values = hashlib.sha256(repr(tuple(shown.items())).encode()).hexdigest()[:12]
        for number in count(1):
            # Each part is cut by itself: what tells the folders apart stands at the end.
            place = shared / f"{files.name(what, 60)}, {files.name(name, 50)}{f' {number}' if number > 1 else ''}"
            known = [file.name.split(".")[-2:] for file in place.glob("events.out.tfevents.*")]
            if not known or any(other == values for _, other in known):
                break
        if all(int(length) < steps for length, _ in known):  # a longer run lengthens them
            with suppress(FileExistsError):  # of runs that end at once, one writes
                write_new(place / f"events.out.tfevents.{steps:09}.{values}", [(0, shown), (steps, shown)])


@rank_zero_only
def settings(file: EventFile, chosen: Mapping[str, Any]) -> None:
    """The settings in the HPARAMS tab, before training, so that a run which diverges has them too.

    Whole numbers are given as text: as numbers the tab shows them with four decimals.
    """
    shown = {name: str(value) if type(value) is int else value for name, value in chosen.items()}
    _, start, _ = hparams(shown, {})  # type: ignore[no-untyped-call]
    file.add_summary(start)
    file.flush()


def final_scores(file: EventFile, metrics: Mapping[str, float], configuration: str, steps: int) -> None:
    """The chief test scores as scalars, the run's end for the HPARAMS tab, the configuration as text.

    TensorBoard makes the tab's columns of the settings that runs have, those that vary first, and of their scalars.
    """
    file.add_summary(scalars({tag: metrics[tag] for tag in CHIEF if tag.startswith("test/") and tag in metrics}), steps)
    file.add_summary(_ended())
    indented = "".join(f"    {line}\n" for line in configuration.splitlines())
    file.add_summary(text("configuration", indented), steps)  # type: ignore[no-untyped-call]


@cache
def _ended() -> Summary:
    """That a run has ended well."""
    *_, end = hparams({}, {})  # type: ignore[no-untyped-call]
    return end


def card(file: EventFile, folder: Path, markdown: str, steps: int) -> None:
    """A lesson's card as `card.md` and in the TEXT tab."""
    files.replace(folder / "card.md", markdown)
    file.add_summary(text("card", markdown), steps)  # type: ignore[no-untyped-call]


def pictures(file: EventFile, folder: Path, drawings: Mapping[str, Callable[[], "Figure"]], steps: int) -> None:
    """Each picture drawn, as `pictures/<name>.png` and in the IMAGES tab as `view/<name>`."""
    from stratus.pictures.canvas import png  # noqa: PLC0415 - matplotlib, not for a run without pictures

    for name, draw in drawings.items():
        width, height, drawn = png(draw())
        (folder / "pictures").mkdir(exist_ok=True)
        files.replace(folder / "pictures" / f"{name}.png", drawn)
        file.add_summary(image(name, width, height, drawn), steps)


def animations(folder: Path, films: Mapping[str, Callable[[], "Animation"]]) -> None:
    """Each animation as `pictures/<name>.gif`."""
    for name, film in films.items():
        (folder / "pictures").mkdir(exist_ok=True)
        with files.replacing(folder / "pictures" / f"{name}.gif") as beside:
            film().save(beside, writer="pillow")
