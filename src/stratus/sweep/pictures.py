"""Which pictures a sweep has, drawn from its jobs' records."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures import by_number, by_value, heat_map, search
from stratus.pictures.canvas import png
from stratus.runs import events
from stratus.runs.record import RunRecord
from stratus.sweep import resamples
from stratus.sweep.jobs import Jobs, distinct, drawable, effect, numbers

RATE = "optimizer.lr"

MOST_VALUES = 12
"""So many values of a setting have a row or a column of a heat map at most."""

MOST_ROWS = 24
"""So many values of one setting have a row of points at most."""


def drawings(jobs: Jobs) -> dict[str, Callable[[], Figure]]:
    """The pictures that fit a sweep, by the name of their file, each drawn only when called."""
    found: dict[str, Callable[[], Figure]] = {}
    swept = jobs.swept
    if (rates := numbers(swept.get(RATE, []))) is not None and min(rates) > 0:
        found["learning_rate"] = partial(_by_number, jobs, RATE, rates)
    listed = [name for name, values in swept.items() if len(set(values)) <= MOST_VALUES]
    counted = [name for name, values in swept.items() if numbers(values) is not None]
    if pair := _strongest(jobs, [(a, b) for a, b in combinations(listed, 2) if _filled(swept[a], swept[b])]):
        found["heat_map"] = partial(_heat_map, jobs, *pair)
    elif pair := _strongest(jobs, list(combinations(counted, 2))):
        found["search"] = partial(_search, jobs, *pair)
    if not found:
        name = max(swept, key=lambda one: effect(jobs.objective, swept[one]))
        if len(set(swept[name])) > MOST_ROWS and (x := numbers(swept[name])) is not None:
            found["by_number"] = partial(_by_number, jobs, name, x)
        else:
            found["by_value"] = partial(_by_value, jobs, name)
    return found


def _strongest(jobs: Jobs, pairs: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    """The pair of settings that decides most."""
    return max(pairs, key=lambda pair: effect(jobs.objective, *(jobs.swept[name] for name in pair)), default=None)


def _filled(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether at least half of the pairs of values have a job."""
    return 2 * len(set(zip(first, second, strict=True))) >= len(set(first)) * len(set(second))


def _by_number(jobs: Jobs, name: str, x: Array) -> Figure:
    groups, whole = _groups({one: values for one, values in jobs.swept.items() if one != name}, jobs.objective)
    losses = {jobs.loss: jobs.objective}
    if jobs.loss == "validation loss":
        losses["training loss of the same weights"] = jobs.training
    shared = len(x) > len(set(zip(x, groups, strict=True)))
    return by_number.draw(
        x,
        losses,
        np.isnan(jobs.objective),
        jobs.limits if name == RATE else np.full(len(x), np.nan),
        groups,
        joined=whole,
        name=f"learning rate ({RATE})" if name == RATE else name,
        unit=jobs.unit,
        limit=jobs.limit,
        title=_lines(jobs.title, _lowest(jobs), "points: jobs; lines: means over seeds" if whole and shared else ""),
    )


def _groups(others: Mapping[str, Sequence[str]], objective: Array) -> tuple[list[str], bool]:
    """What jobs are told apart by beside the setting that is drawn, and whether that is all that they differ in."""
    words = [[f"{name}={value}" for value in values] for name, values in others.items()]
    if not words:
        return [""] * len(objective), True
    whole = [" ".join(row) for row in zip(*words, strict=True)]
    if len(set(whole)) <= len(by_number.MARKERS):
        return whole, True
    few = [column for column in words if len(set(column)) <= len(by_number.MARKERS)]
    return max(few, key=lambda column: effect(objective, column), default=[""] * len(objective)), False


def _heat_map(jobs: Jobs, first: str, second: str) -> Figure:
    if len(set(jobs.swept[first])) > len(set(jobs.swept[second])):
        first, second = second, first  # the sheet is wider than high
    rows, columns = distinct(jobs.swept[first]), distinct(jobs.swept[second])
    of_cell: dict[tuple[int, int], list[float]] = {}
    for r, c, value in zip(jobs.swept[first], jobs.swept[second], jobs.objective, strict=True):
        of_cell.setdefault((rows.index(r), columns.index(c)), []).append(value)
    loss = np.full((len(rows), len(columns)), np.nan)
    diverged, count = np.zeros(loss.shape, dtype=int), np.zeros(loss.shape, dtype=int)
    for cell, values in of_cell.items():
        finite = [value for value in values if np.isfinite(value)]
        loss[cell] = np.mean(finite) if finite else np.nan
        diverged[cell], count[cell] = len(values) - len(finite), len(values)
    others = [name for name in jobs.swept if name not in (first, second)] + ["seeds"] * jobs.seeds
    mean = f"mean over {', '.join(others)}; " if others else ""
    return heat_map.draw(
        loss,
        diverged,
        count,
        rows=list(map(_short, rows)),
        columns=list(map(_short, columns)),
        names=(first, second),
        label=jobs.label,
        title=_lines(jobs.title, _besides(jobs, [first, second], f"{mean}framed: the lowest")),
    )


def _besides(jobs: Jobs, drawn: Sequence[str], *more: str) -> str:
    """How the settings that are drawn were chosen, if they were."""
    chosen = f"of {len(jobs.swept)} swept settings the two with the largest effect"
    return "; ".join([chosen, *more] if len(jobs.swept) > len(drawn) else more)


def _by_value(jobs: Jobs, name: str) -> Figure:
    values = np.array(jobs.swept[name])
    losses = {one: jobs.objective[values == one] for one in distinct(jobs.swept[name])}
    if numbers(jobs.swept[name]) is None or len(losses) > MOST_ROWS:
        means = {
            one: loss[np.isfinite(loss)].mean() if np.isfinite(loss).any() else np.inf for one, loss in losses.items()
        }
        losses = dict(sorted(losses.items(), key=lambda item: means[item[0]]))
    some = f"the best {MOST_ROWS} of {len(losses)} values" if len(losses) > MOST_ROWS else _lowest(jobs)
    losses = dict(list(losses.items())[:MOST_ROWS])
    return by_value.draw(losses, name=name, label=jobs.label, title=_lines(jobs.title, some))


def _search(jobs: Jobs, first: str, second: str) -> Figure:
    x, y = numbers(jobs.swept[first]), numbers(jobs.swept[second])
    assert x is not None
    assert y is not None
    title = _lines(jobs.title, _besides(jobs, [first, second]))
    return search.draw(x, y, jobs.objective, names=(first, second), label=jobs.label, title=title)


def _lowest(jobs: Jobs) -> str:
    best = int(np.nanargmin(jobs.objective))
    at = " ".join(f"{name}={_short(values[best])}" for name, values in jobs.swept.items())
    return f"lowest {jobs.loss}, {jobs.objective[best]:.4g}, at {at}"


def _short(value: str) -> str:
    """A value, of a number four figures."""
    x = numbers([value])
    return value if x is None else f"{x[0]:.4g}"


def _lines(*parts: str) -> str:
    return "\n".join(filter(None, parts))


def write(folder: Path, records: Sequence[RunRecord]) -> list[Path]:
    """Draws a sweep's pictures into its folder `pictures/` and, for TensorBoard's IMAGES, into an event file.

    Args:
        folder: The sweep's.
        records: Of its jobs, in their order.

    Returns:
        Their files; none where nothing can be drawn.
    """
    found: Mapping[str, Callable[[], Figure]] = {}
    if runs := resamples.comparable(records):
        found = resamples.pictures(folder, runs)
    elif jobs := drawable(records):
        found = drawings(jobs)
    if not found:
        return []
    (folder / "pictures").mkdir(exist_ok=True)
    with closing(events.EventFile(folder)) as file:
        for name, draw in found.items():
            width, height, drawn = png(draw())
            (folder / "pictures" / f"{name}.png").write_bytes(drawn)
            file.add_summary(events.image(f"pictures/{name}", width, height, drawn))
    return [folder / "pictures" / f"{name}.png" for name in found]
