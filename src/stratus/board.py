"""What a run shows beside the curves: references as constant lines, final figures, the configuration, pictures."""

import hashlib
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_only
from torch.utils.tensorboard.summary import hparams

from stratus import events

if TYPE_CHECKING:
    from matplotlib.animation import Animation
    from matplotlib.figure import Figure


@contextmanager
def unbroken() -> Iterator[None]:
    """Holds Ctrl-C and termination back until the body is done.

    TensorBoard's writer shares a lock with a thread of its own. A signal's exception in between can leave it locked,
    and closing the writer would wait for ever.
    """
    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread alone
        yield
        return
    came: list[int] = []
    usual = {one: signal.signal(one, lambda number, _: came.append(number)) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in usual.items():
            signal.signal(one, handler)
    for number in came[:1]:
        signal.raise_signal(number)


class _Logger(TensorBoardLogger):
    @unbroken()
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Writes one point of each curve."""
        super().log_metrics(metrics, step)

    @unbroken()
    def finalize(self, status: str) -> None:
        """Closes the events."""
        super().finalize(status)

    def save(self) -> None:
        """Leaves the events, twice an epoch, to the writer's own thread, and the settings to `.hydra/`."""


def logger(folder: Path) -> TensorBoardLogger:
    """Lightning's logger, its events straight in the run's folder, in the file a second after they come."""
    return _Logger(folder, name=None, version="", default_hp_metric=False, flush_secs=1)


def curves(folder: Path, points: Iterable[tuple[int, Mapping[str, float]]]) -> None:
    """Curves known as a whole, steps with values by tag, as an event file of their own."""
    events.write(folder, events.scalars(points))


def constant_lines(folder: Path, references: Mapping[str, Mapping[str, float]], steps: int) -> None:
    """Each reference as a run of its own below `folder/references/`, its scores constant from step 0 to `steps`.

    TensorBoard draws the same tag of several runs in one chart, so the lines lie beside the model's curves. The jobs of
    a sweep share theirs, above them all, each that differs once: TensorBoard shows no more than forty runs unasked.
    """
    sweep = (folder.parent / "multirun.yaml").exists()  # Hydra writes it there before the first job
    for name, scores in references.items():
        shown = tuple((tag, value) for tag, value in scores.items() if tag.endswith(("/loss", "/accuracy")))
        place = folder / "references" / name
        if sweep:
            place = folder.parent / "references" / f"{name}-{hashlib.sha256(repr(shown).encode()).hexdigest()[:4]}"
        if not (sweep and place.exists()):
            events.write(place, _line(shown, steps))


@lru_cache(maxsize=64)  # runs that are trained as one share their references
def _line(shown: tuple[tuple[str, float], ...], steps: int) -> bytes:
    return events.scalars([(0, dict(shown)), (steps, dict(shown))])


@rank_zero_only
@unbroken()
def settings(board: TensorBoardLogger, chosen: Mapping[str, Any]) -> None:
    """The settings in the HPARAMS tab, before training, so that a run which diverges has them too."""
    _, start, _ = hparams(dict(chosen), {})  # type: ignore[no-untyped-call]
    board.experiment.file_writer.add_summary(start)
    board.experiment.flush()


@unbroken()
def final_figures(
    board: TensorBoardLogger,
    columns: Mapping[str, Any],
    metrics: Mapping[str, float],
    configuration: str,
    steps: int,
) -> None:
    """The test scores as scalars, the chief figures as `hp/…` in the HPARAMS tab, the configuration as text.

    Args:
        board: The run's logger.
        columns: Settings with a value of each one's type: TensorBoard shows those that one run declares of all runs.
        metrics: The scores by their tags.
        configuration: As text.
        steps: How many the run took.
    """
    chief = {
        f"hp/{tag.replace('/', '_')}": value
        for tag, value in metrics.items()
        if tag.count("/") < 2 and (tag.startswith("test/") or tag in ("train/loss", "val/loss", "gap"))
    }
    board.log_metrics({tag: value for tag, value in metrics.items() if tag.startswith("test/")} | chief, step=steps)
    declared, _, end = hparams(dict(columns), chief)  # type: ignore[no-untyped-call]
    for summary in (declared, end):
        board.experiment.file_writer.add_summary(summary)
    indented = "".join(f"    {line}\n" for line in configuration.splitlines())
    board.experiment.add_text("configuration", indented, steps)
    board.experiment.flush()


@unbroken()
def card(board: TensorBoardLogger, folder: Path, markdown: str, steps: int) -> None:
    """A lesson's card as `card.md` and in the TEXT tab."""
    (folder / "card.md").write_text(markdown, encoding="utf-8")
    board.experiment.add_text("card", markdown, steps)
    board.experiment.flush()


def pictures(
    board: TensorBoardLogger, folder: Path, drawings: Mapping[str, Callable[[], "Figure"]], steps: int
) -> None:
    """Each picture drawn, as `pictures/<name>.png` and in the IMAGES tab."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - not for a run without pictures
    from matplotlib.image import imsave  # noqa: PLC0415

    for name, draw in drawings.items():
        canvas = FigureCanvasAgg(draw())
        canvas.draw()  # type: ignore[no-untyped-call]
        pixels = np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])  # type: ignore[no-untyped-call]
        (folder / "pictures").mkdir(exist_ok=True)
        imsave(folder / "pictures" / f"{name}.png", pixels, pil_kwargs={"compress_level": 1})
        with unbroken():
            board.experiment.add_image(f"pictures/{name}", pixels, steps, dataformats="HWC")
    board.experiment.flush()


def animations(folder: Path, films: Mapping[str, Callable[[], "Animation"]]) -> None:
    """Each animation as `pictures/<name>.gif`."""
    for name, film in films.items():
        (folder / "pictures").mkdir(exist_ok=True)
        film().save(folder / "pictures" / f"{name}.gif", writer="pillow")
