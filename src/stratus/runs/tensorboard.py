"""What a run shows in TensorBoard: curves, references as constant lines, final figures, the configuration, pictures."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lightning.pytorch.loggers import Logger
from lightning.pytorch.utilities import rank_zero_only
from tensorboard.compat.proto.summary_pb2 import Summary
from torch.utils.tensorboard.summary import hparams, text

from stratus import files
from stratus.runs.events import EventFile, image, scalars

if TYPE_CHECKING:
    from matplotlib.animation import Animation
    from matplotlib.figure import Figure


class CurveLogger(Logger):
    """Lightning's logger of a run's curves: each point is in the run's event file at once."""

    name, version = None, None

    def __init__(self, file: EventFile) -> None:
        self.file = file

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Writes one point of each curve."""
        self.file.add_summary(scalars(metrics), step)
        self.file.flush()

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing: `settings` writes them."""


def curves(file: EventFile, points: Iterable[tuple[int, Mapping[str, float]]]) -> None:
    """Curves known as a whole: steps with values by tag."""
    for step, values in points:
        file.add_summary(scalars(values), step)


def constant_lines(folder: Path, references: Mapping[str, Mapping[str, float]], steps: int, *, shared: bool) -> None:
    """Each reference as a run of its own below `folder/references/`, its scores constant from step 0 to `steps`.

    TensorBoard draws the same tag of several runs in one chart, so the lines lie beside the model's curves. The jobs of
    a sweep share theirs, above them all, each that differs once: TensorBoard shows no more than forty runs unasked.
    """
    for name, row in references.items():
        shown = {tag: value for tag, value in row.items() if tag.endswith(("/loss", "/accuracy"))}
        place = folder / "references" / name
        if shared:
            values = repr(tuple(shown.items())).encode()
            place = folder.parent / "references" / f"{name}-{hashlib.sha256(values).hexdigest()[:12]}"
        with suppress(FileExistsError):  # of jobs that end at once, the one that makes the folder writes
            place.mkdir(parents=True, exist_ok=not shared)
            with closing(EventFile(place)) as file:
                curves(file, [(0, shown), (steps, shown)])


@rank_zero_only
def settings(file: EventFile, chosen: Mapping[str, Any]) -> None:
    """The settings in the HPARAMS tab, before training, so that a run which diverges has them too."""
    _, start, _ = hparams(dict(chosen), {})  # type: ignore[no-untyped-call]
    file.add_summary(start)
    file.flush()


def final_scores(
    file: EventFile, columns: Mapping[str, Any], metrics: Mapping[str, float], configuration: str, steps: int
) -> None:
    """The test scores as scalars, the chief figures as `hp/…` in the HPARAMS tab, the configuration as text.

    `columns` are settings with a value of each one's type: TensorBoard shows those that one run declares of all runs.
    """
    tested = {tag: value for tag, value in metrics.items() if tag.startswith("test/")}
    columned = {tag for tag in {"train/loss", "val/loss", "gap", *tested} if tag.count("/") < 2}
    chief = {f"hp/{tag.replace('/', '_')}": value for tag, value in metrics.items() if tag in columned}
    file.add_summary(scalars(tested | chief), steps)
    for summary in _declared(tuple((name, type(value)) for name, value in columns.items()), tuple(chief)):
        file.add_summary(summary)
    indented = "".join(f"    {line}\n" for line in configuration.splitlines())
    file.add_summary(text("configuration", indented), steps)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=64)  # a sweep's jobs have the same
def _declared(columns: tuple[tuple[str, type], ...], figures: tuple[str, ...]) -> tuple[Summary, Summary]:
    """What columns the HPARAMS tab has, and that a run has ended well."""
    experiment, _, end = hparams({name: kind() for name, kind in columns}, dict.fromkeys(figures))  # type: ignore[no-untyped-call]
    return experiment, end


def card(file: EventFile, folder: Path, markdown: str, steps: int) -> None:
    """A lesson's card as `card.md` and in the TEXT tab."""
    files.replace(folder / "card.md", markdown)
    file.add_summary(text("card", markdown), steps)  # type: ignore[no-untyped-call]


def pictures(file: EventFile, folder: Path, drawings: Mapping[str, Callable[[], "Figure"]], steps: int) -> None:
    """Each picture drawn, as `pictures/<name>.png` and in the IMAGES tab."""
    from stratus.pictures.canvas import png  # noqa: PLC0415 - matplotlib, not for a run without pictures

    for name, draw in drawings.items():
        width, height, drawn = png(draw())
        (folder / "pictures").mkdir(exist_ok=True)
        files.replace(folder / "pictures" / f"{name}.png", drawn)
        file.add_summary(image(f"pictures/{name}", width, height, drawn), steps)


def animations(folder: Path, films: Mapping[str, Callable[[], "Animation"]]) -> None:
    """Each animation as `pictures/<name>.gif`."""
    for name, film in films.items():
        (folder / "pictures").mkdir(exist_ok=True)
        with files.replacing(folder / "pictures" / f"{name}.gif") as beside:
            film().save(beside, writer="pillow")
