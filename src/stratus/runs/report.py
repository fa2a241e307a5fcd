"""The table that ends a run: the model beside what it has to beat and what it could reach."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from rich import box
from rich.console import Console, ConsoleOptions
from rich.markdown import Markdown
from rich.panel import Panel
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from stratus.data.samples import BETWEEN
from stratus.data.wanting import worst
from stratus.data.weeks import BLOCK
from stratus.errors import counted, legible
from stratus.runs.explanation import ExplanationRecord
from stratus.runs.record import DIAGNOSIS, ResamplingRecord, RunRecord
from stratus.scores.blocks import FEWEST
from stratus.scores.names import BY_CLASS
from stratus.scores.probabilities import LEAST

NAMED = 4  # so many stations are named, of more the number
DAYS = {"test": "test", "val": "validation", "train": "training"}  # splits as they are called
AMPLE = Console(width=1000).options  # of a terminal that holds any table
ROUNDING = 5e-4  # skill that prints as 0
SHOWN = ("loss", "accuracy", "mae", "rmse", "bias", "brier", "skill")


def scoreboard(rows: Mapping[str, Mapping[str, float | None]], title: str) -> Table:
    """Rows of scores by their names without the split, such as `loss`; a column for each of `SHOWN` in any row."""
    columns = [one for one in SHOWN if any(one in row for row in rows.values())]
    table = _table(title, columns)
    for name, row in rows.items():
        table.add_row(name, *(_figure(row.get(column), column) for column in columns))
    return table


def _table(title: str, columns: Iterable[str]) -> Table:
    table = Table("", title=Text(title), title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def classes(row: Mapping[str, float | None]) -> Table | None:
    """How well each class is forecast, from one row of scores; None where there are no classes."""
    names = [name.removeprefix("days/") for name in row if name.startswith("days/")]
    if not names:
        return None
    table = _table("by class", [score.replace("_", " ").replace("roc auc", "ROC AUC") for score in BY_CLASS])
    rows = {name: [row[f"{score}/{name}"] for score in BY_CLASS] for name in names}
    remarks = {name: _remark(row[f"days/{name}"], row[f"precision/{name}"]) for name in names}
    if any(remarks.values()):
        table.add_column("remark")
    for name, (days, *shares) in rows.items():
        remark = [remarks[name]] if any(remarks.values()) else []
        table.add_row(name, f"{days:.0f}", *(_figure(share, "") for share in shares), *remark)
    return table


def _remark(days: float | None, precision: float | None) -> str:
    if not days:
        return "no such day"
    return "never forecast" if precision is None or math.isnan(precision) else ""


def inputs(found: ExplanationRecord) -> tuple[Table, Table]:
    """What is lost without each group of inputs; and the largest weights, of several outputs each input's largest."""
    with_all = f"{_figure(found.skill, 'skill')} with all {found.inputs:,}"
    lost = _table(f"the skill without a group of inputs ({with_all})", ("inputs", "skill", "lost", "95 %"))
    for one in found.groups:
        figures = (_figure(value, "skill") for value in (one.skill, one.lost))
        lost.add_row(one.name, f"{one.inputs}", *figures, _between(one.low, one.high))
    several = any(one.mean != abs(one.weight) for one in found.weights)
    largest = _table(
        "the largest weights, per standard deviation",
        ("unit", *(("mean size", "largest for") if several else ()), "weight", "95 %"),
    )
    for row in found.weights:
        of_outputs = (f"{row.mean:.3f}", row.output) if several else ()
        largest.add_row(row.input, row.unit, *of_outputs, f"{row.weight:+.3f}", _between(row.low, row.high))
    return lost, largest


def _between(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None or math.isnan(low) else f"{low:+.3f} to {high:+.3f}"


def show_run(run: RunRecord, folder: Path) -> None:
    """Prints what a finished run's record says: its scores on the test days beside the references', and its gap."""
    split = "test" if run.tested else "val" if "val/loss" in run.metrics else "train"
    rows = {
        name: {k.removeprefix(f"{split}/"): v for k, v in row.items() if k.startswith(f"{split}/")}
        for name, row in {"model": run.metrics, **run.references}.items()
    }
    assert run.data is not None
    tags = f" ({plain(', '.join(run.tags))})" if run.tags else ""
    least, gap = (math.nan if one is None else one for one in (run.minimum, run.gap))
    penalised = not math.isclose(least, run.references["optimum"]["train/loss"] or 0, rel_tol=1e-6, abs_tol=1e-9)
    left_out = sum(run.data.left_out.values())
    samples = ", ".join(f"{n} {name}" for name, n in run.data.samples.items())
    of_what = worst(run.data.wanting, sum(run.data.samples.values()), run.target or "")
    show(
        scoreboard(rows, f"{run.task}, {_places(run.data.stations)}: scores on the {DAYS[split]} days{tags}"),
        classes(rows["model"]),
        DIAGNOSIS if run.diagnosis else None,
        beside_climatology(run.skill, run.intervals["test/skill"], run.resampling, run.unseen_days)
        if run.tested
        else f"the test days are not scored, as test=false asks: stratus evaluate {folder} scores them",
        _too_sure(rows["model"], rows.get("climatology", {})),
        f"days: {samples}" + (f"; {left_out} left out for want of a value{of_what}" if left_out else ""),
        unlearnt(run.data.others),
        f"model: the weights of epoch {run.best_epoch} of {run.epochs}"
        + (", the lowest validation loss" if "val/loss" in run.metrics else ""),
        f"training loss{' and penalty' if penalised else ''} after the last epoch: {least + gap:.6g}, "
        + (
            _above(gap, least, run.references["climatology"].get("train/loss"))
            if run.optimum_attained
            else "and no minimum: of some training days the inputs leave no doubt, so that it falls for ever; "
            "optimizer.weight_decay gives it one"
        ),
        *(inputs(run.explanation) if run.explanation else ()),
        Panel(Markdown(run.lesson.card), width=100) if run.lesson else None,
        str(folder),
    )


def _too_sure(model: Mapping[str, float | None], usual: Mapping[str, float | None]) -> str | None:
    """What is said where the Brier score is better than climatology's and the loss worse; None elsewhere."""
    own, other = model.get("loss"), usual.get("loss")
    if "brier" not in model or own is None or other is None or (model.get("skill") or 0) <= 0 or own <= other:
        return None
    return f"by its loss it is worse than climatology, {own:.4g} against {other:.4g}: of some days it is far too sure"


def unlearnt(classes: Sequence[str]) -> str | None:
    """Which classes training lacks, and what a day of them counts in the loss; None where there are none."""
    if not classes:
        return None
    loss = f"such a day, of probability 0, counts {-math.log(LEAST):.1f} in the loss"
    return f"never forecast, since the training days do not show it: {', '.join(classes)}; {loss}"


def _places(names: Sequence[str]) -> str:
    return BETWEEN.join(names) if len(names) <= NAMED else f"{len(names)} stations"


def _above(gap: float, least: float, usual: float | None) -> str:
    if abs(gap) <= 1e-9 * max(1.0, abs(least)):
        return "to rounding the exact optimum of this model"
    far = usual is not None and gap > usual  # further from it than the calendar is from the truth
    mend = ": training did not come near; give it more epochs, or another optimizer.lr" if far else ""
    return f"{gap:.2g} above the exact optimum of this model{mend}"


def beside_climatology(
    skill: float | None, ends: Sequence[float | None], drawn: ResamplingRecord | None, unseen_days: int
) -> str | None:
    """Whether the skill on the test days may be chance, given the ends of its interval, from days that were drawn.

    None where there are too few days to say.
    """
    if unseen_days:
        return no_verdict(unseen_days)
    if skill is None or math.isnan(skill):
        return "no skill: climatology makes no error on the test days; does what is forecast never vary there?"
    low, high = ends
    if low is None or high is None or math.isnan(low):
        return None
    worse = "worse than climatology" if high < 0 else "it cannot be told from climatology on these days"
    said = "better than climatology" if low > 0 else worse
    said = "the same as climatology" if max(abs(low), abs(high)) < ROUNDING else said
    blocks = f" (blocks of {drawn.block} days)" if drawn else ""
    return f"skill {skill:+.3f}, 95 % between {low:+.3f} and {high:+.3f}{blocks}: {said}" + _reach(drawn)


def no_verdict(unseen_days: int) -> str:
    """Why skill says nothing where so many test days are of a season that no day before the test was in."""
    return (
        f"no verdict: on {counted(unseen_days, 'test day')} climatology is a guess, since no day before the "
        "test was in their season; give the days before it a year or more"
    )


def _reach(drawn: ResamplingRecord | None) -> str:
    """What the interval does not tell."""
    if not drawn:
        return ""
    few = drawn.days < FEWEST * drawn.block
    long = "errors last so long that the days are only a few spells of weather"
    short = f"\nit is likely too short: {'there are few days' if drawn.block <= BLOCK else long}"
    others = "other years may differ by more (sweep=years tests several)"
    return f"\nthe interval is of these {drawn.days} days, {others}" + (short if few else "")


def _figure(value: float | None, column: str) -> str:
    if value is None or math.isnan(value):
        return "–"
    return f"{value:+.3f}" if column in ("skill", "bias") else f"{value:.4f}" if column == "loss" else f"{value:.3f}"


def listing(frame: pl.DataFrame, title: str = "") -> Table:
    """A table of text, whole numbers, and other numbers with three or four figures; None prints as a dash."""
    table = Table(title=Text(title) if title else None, title_justify="left", title_style="bold")
    for name, kind in frame.schema.items():
        table.add_column(name, justify="right" if kind.is_numeric() else "left")
    for row in frame.iter_rows():
        # Text, because [station,harmonics] would be taken for markup.
        table.add_row(*(Text("–" if v is None else f"{v:.4g}" if isinstance(v, float) else plain(str(v))) for v in row))
    return table


def plain(text: str, longest: int = 300) -> str:
    """A text of any origin in one line, `legible` and with so many characters of it at most."""
    seen = legible(" ".join(text[:longest].split()))
    return f"{seen}…" if len(text) > longest else seen


def show(*parts: Any) -> None:
    """Prints to the terminal; as plain text of a width that holds a table where there is none. Lines stay whole."""
    wide = None if Console().is_terminal else 160
    console = Console(width=wide, markup=False, emoji=False, highlight=False)
    for part in filter(None, parts):
        if isinstance(part, Table):
            _fit(part, console)
        console.print(_Legible(part), soft_wrap=isinstance(part, str))


def _fit(table: Table, console: Console) -> None:
    """Has a table that is wider than the terminal keep its figures whole, and its texts take several lines."""
    if console.measure(table, options=AMPLE).maximum > console.width:
        for column in table.columns:
            column.no_wrap, column.overflow = column.justify == "right", "fold"
            column.header = Text(re.sub("(/)| ", r"\1\n", str(column.header)))
    if console.measure(table, options=AMPLE).maximum > console.width:
        table.box, table.padding = box.SIMPLE_HEAD, 0


@dataclass(frozen=True)
class _Legible:
    """What rich shows of a part, without what a terminal would obey: names in it may be anybody's."""

    part: Any

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for text, style, control in console.render(self.part, options):
            yield Segment(legible(text, keep="\n"), style, control)
