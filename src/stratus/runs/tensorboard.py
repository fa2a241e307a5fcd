"""What a run shows beside the curves: references as constant lines, final figures, the configuration, pictures."""

import hashlib
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_only
from tensorboard.compat.proto.summary_pb2 import Summary
from torch.utils.tensorboard.summary import hparams, text

from stratus.runs import events
from stratus.runs.events import Sink

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


class Logger(TensorBoardLogger):
    """Lightning's logger as a sink, its events straight in the run's folder, in the file a second after they come."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, name=None, version="", default_hp_metric=False, flush_secs=1)

    @rank_zero_only
    @unbroken()
    def add_summary(self, summary: Summary, global_step: int | None = None) -> None:
        """Writes what belongs to a step; it is in the file on return."""
        self.experiment.file_writer.add_summary(summary, global_step)
        self.experiment.flush()

    @unbroken()
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Writes one point of each curve."""
        super().log_metrics(metrics, step)

    def save(self) -> None:
        """Leaves the events, twice an epoch, to the writer's own thread, and the settings to `.hydra/`."""

    def finalize(self, status: str) -> None:
        """Leaves the file open at the end of training: the final figures are still to come."""

    @unbroken()
    def close(self) -> None:
        """Closes the file."""
        super().finalize("closed")


def curves(sink: Sink, points: Iterable[tuple[int, Mapping[str, float]]]) -> None:
    """Curves known as a whole: steps with values by tag."""
    for step, values in points:
        sink.add_summary(events.scalars(values), step)


def constant_lines(folder: Path, references: Mapping[str, Mapping[str, float]], steps: int, *, shared: bool) -> None:
    """Each reference as a run of its own below `folder/references/`, its scores constant from step 0 to `steps`.

    TensorBoard draws the same tag of several runs in one chart, so the lines lie beside the model's curves. The jobs of
    a sweep share theirs, above them all, each that differs once: TensorBoard shows no more than forty runs unasked.
    """
    for name, scores in references.items():
        shown = {tag: value for tag, value in scores.items() if tag.endswith(("/loss", "/accuracy"))}
        place = folder / "references" / name
        if shared:
            values = repr(tuple(shown.items())).encode()
            place = folder.parent / "references" / f"{name}-{hashlib.sha256(values).hexdigest()[:4]}"
        with suppress(FileExistsError):  # of jobs that end at once, the one that makes the folder writes
            place.mkdir(parents=True, exist_ok=not shared)
            with closing(events.File(place)) as file:
                curves(file, [(0, shown), (steps, shown)])


def settings(sink: Sink, chosen: Mapping[str, Any]) -> None:
    """The settings in the HPARAMS tab, before training, so that a run which diverges has them too."""
    _, start, _ = hparams(dict(chosen), {})  # type: ignore[no-untyped-call]
    sink.add_summary(start)


def final_figures(
    sink: Sink,
    columns: Mapping[str, Any],
    metrics: Mapping[str, float],
    configuration: str,
    steps: int,
) -> None:
    """The test scores as scalars, the chief figures as `hp/…` in the HPARAMS tab, the configuration as text.

    Args:
        sink: Takes the run's events.
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
    scores = {tag: value for tag, value in metrics.items() if tag.startswith("test/")}
    sink.add_summary(events.scalars(scores | chief), steps)
    for summary in _declared(tuple((name, type(value)) for name, value in columns.items()), tuple(chief)):
        sink.add_summary(summary)
    indented = "".join(f"    {line}\n" for line in configuration.splitlines())
    sink.add_summary(text("configuration", indented), steps)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=64)  # a sweep's jobs have the same
def _declared(columns: tuple[tuple[str, type], ...], figures: tuple[str, ...]) -> tuple[Summary, Summary]:
    """What columns the HPARAMS tab has, and that a run has ended well."""
    experiment, _, end = hparams({name: kind() for name, kind in columns}, dict.fromkeys(figures))  # type: ignore[no-untyped-call]
    return experiment, end


def card(sink: Sink, folder: Path, markdown: str, steps: int) -> None:
    """A lesson's card as `card.md` and in the TEXT tab."""
    (folder / "card.md").write_text(markdown, encoding="utf-8")
    sink.add_summary(text("card", markdown), steps)  # type: ignore[no-untyped-call]


def pictures(sink: Sink, folder: Path, drawings: Mapping[str, Callable[[], "Figure"]], steps: int) -> None:
    """Each picture drawn, as `pictures/<name>.png` and in the IMAGES tab."""
    from stratus.pictures.canvas import png  # noqa: PLC0415 - matplotlib, not for a run without pictures

    for name, draw in drawings.items():
        width, height, drawn = png(draw())
        (folder / "pictures").mkdir(exist_ok=True)
        (folder / "pictures" / f"{name}.png").write_bytes(drawn)
        sink.add_summary(events.image(f"pictures/{name}", width, height, drawn), steps)


def animations(folder: Path, films: Mapping[str, Callable[[], "Animation"]]) -> None:
    """Each animation as `pictures/<name>.gif`."""
    for name, film in films.items():
        (folder / "pictures").mkdir(exist_ok=True)
        film().save(folder / "pictures" / f"{name}.gif", writer="pillow")
