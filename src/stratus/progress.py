"""How far long work is: a bar with its end in sight, where a command has a terminal; elsewhere nothing."""

import io
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, TextIO, TypeVar

from stratus.errors import legible

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")
AFTER = 1.0  # seconds of work before there is a bar
EVERY = 0.1  # seconds from one look of it to the next
BYTES = "MB"


class Work:
    """One piece of work, of which `total` is to be done."""

    terminal: ClassVar[TextIO | None] = None  # where bars are drawn
    shown: ClassVar[list["Work"]] = []  # those that have one, a line each
    bars: ClassVar["Progress | None"] = None  # while they stand on the terminal

    def __init__(self, what: str, total: float | None, unit: str) -> None:
        self.what, self.total, self.unit = what, total, unit
        self.began = time.monotonic()
        self.next = self.began + AFTER if Work.terminal else float("inf")
        self.done, self.note = 0.0, ""

    def at(self, done: float, note: Callable[[], str] = str) -> None:
        """Says how much is done, for the cost of a look at the clock; `note` gives what else is shown."""
        if (now := time.monotonic()) < self.next:
            return
        self.next, self.done, self.note = now + EVERY, done, note()
        if self not in Work.shown:
            clear()
            Work.shown.append(self)
        bars = Work.bars = Work.bars or _bars()
        row = next(one for one in bars.tasks if one.fields["work"] is self)
        bars.update(row.id, completed=done, text=self.text, refresh=True)

    @property
    def text(self) -> str:
        """What stands behind the bar: how much is done, of how much, and in how long the rest will be."""
        scale, form = (1e6, ",.1f") if self.unit == BYTES else (1, ",.0f")
        count = f"{self.done // 1 / scale:{form}}" + (f" of {self.total / scale:{form}}" if self.total else "")
        left = (time.monotonic() - self.began) * (self.total / self.done - 1) if self.total and self.done else None
        end = f", {timedelta(seconds=round(left))} left" if left is not None else ""
        return f"{count} {self.unit}{end} {self.note}"

    def end(self) -> None:
        """Leaves nothing behind."""
        self.next = float("inf")
        if self in Work.shown:
            clear()
            Work.shown.remove(self)


@contextmanager
def working(what: str, total: float | None, unit: str) -> Iterator[Work]:
    """Work of which so much is to be done, in a unit; its bar comes once it has taken a while, and goes at its end."""
    work = Work(what, total, unit)
    try:
        yield work
    finally:
        work.end()


def each(items: Sequence[T], what: str, unit: str) -> Iterator[T]:
    """The items one after another, as work of so many; a single one tells itself how far it is."""
    with working(what, len(items), unit) as work:
        for done, one in enumerate(items):
            if done:
                work.at(done)
            yield one


def begin() -> None:
    """Has work shown on standard error from now on, if that is a terminal."""
    if sys.stderr.isatty():
        # A stream of its own, beside the one that others print to, which clears the bars.
        raw = io.FileIO(sys.stderr.fileno(), "w", closefd=False)
        Work.terminal = io.TextIOWrapper(io.BufferedWriter(raw), sys.stderr.encoding, "replace")


def clear() -> None:
    """Takes the bars off the terminal until work goes on: something else is to be printed."""
    bars, Work.bars = Work.bars, None
    if bars:
        bars.stop()


def _bars() -> "Progress":
    from rich.console import Console  # noqa: PLC0415 - not for short work
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

    described, counted = (TextColumn(f"{{task.{one}}}", markup=False) for one in ("description", "fields[text]"))
    bars = Progress(
        described,
        BarColumn(),
        counted,
        console=Console(file=Work.terminal),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    for one in Work.shown:
        row = bars.add_task(legible(one.what), total=one.total, text=one.text, work=one)
        bars.update(row, completed=one.done)
    bars.start()
    return bars
