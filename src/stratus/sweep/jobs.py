"""A sweep's jobs that can be drawn together: which settings differ between them, and what each ended with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from stratus.data.samples import Array
from stratus.data.targets import TARGETS, Continuous
from stratus.errors import counted
from stratus.pictures.canvas import named
from stratus.runs.record import RunRecord, differing
from stratus.runs.report import plain

LONGEST = 60  # the most letters of a value in a picture


@dataclass(frozen=True)
class Jobs:
    """The n jobs of a sweep that can be drawn together: all finished or diverged, and have one target."""

    runs: list[RunRecord]  # their records
    objective: Array  # the loss that the sweep minimises [n], nan where a job diverged
    swept: dict[str, list[str]]  # the values [n] of each setting that differs, without the seed if there are others
    seeds: bool  # whether the seed was left out
    loss: str  # name of the objective
    unit: str  # its unit
    title: str  # what the jobs are

    @property
    def label(self) -> str:
        """The objective with its unit."""
        return named(self.loss, self.unit)

    @property
    def numbers(self) -> dict[str, Array]:
        """The swept settings whose values are numbers."""
        return {name: x for name, values in self.swept.items() if (x := numbers(values)) is not None}

    def distinct(self, name: str) -> list[str]:
        """Each value of a setting once: numbers in their order, others in the order of the jobs."""
        once = list(dict.fromkeys(self.swept[name]))
        return once if numbers(once) is None else sorted(once, key=float)

    def lowest(self) -> str:
        """The lowest mean loss over the seeds and the settings that gave it, for a title; of seeds alone their mean."""
        settings = [*zip(*self.swept.values(), strict=True)]
        alone = [*self.swept] == ["seed"]  # the lowest of seeds is chance
        losses = {one: self.objective[[alone or other == one for other in settings]] for one in settings}
        whole = {one: loss for one, loss in losses.items() if np.isfinite(loss).all()} or losses
        best = min(whole, key=lambda one: np.nan_to_num(np.nanmean(whole[one]), nan=np.inf))
        left = losses[best][np.isfinite(losses[best])]
        figure = f"{left.mean():.4g}" + (f" ± {left.std(ddof=1):.2g} over {len(left)} seeds" if len(left) > 1 else "")
        if alone:
            return f"{self.loss}: mean {figure}"
        at = " ".join(f"{name}={short(value)}" for name, value in zip(self.swept, best, strict=True))
        return f"lowest {self.loss}, {figure}, at {at}"

    def pair(self) -> list[str]:
        """For the title of a picture of two settings: that they were chosen, where more were swept."""
        return [f"of {len(self.swept)} swept settings the two with the largest effect"] if len(self.swept) > 2 else []


def drawable(records: Sequence[RunRecord]) -> Jobs | None:
    """The jobs that can be drawn, in their order.

    None if fewer than two ended, if none ended with a loss, if no setting differs, if their targets differ (their
    losses cannot be compared), or if all ask for no pictures.
    """
    ended = [run for run in records if run.status == "diverged" or run.objective is not None]
    objective = np.array([run.objective for run in ended], float)
    own = differing(ended)
    names = dict.fromkeys(name for words in own for name in words)
    columns = {name: [words.get(name, "=default").partition("=")[2] for words in own] for name in names}
    swept = {name: values for name, values in columns.items() if name != "seed"} or columns
    target = TARGETS.get(str(ended[0].target)) if len({run.target for run in ended}) == 1 else None
    unwanted = all("pictures=none" in run.overrides for run in ended)
    if len(ended) < 2 or np.isnan(objective).all() or not swept or target is None or unwanted:
        return None
    validated = {"val/loss" in run.metrics for run in ended if run.objective is not None}
    return Jobs(
        ended,
        objective,
        swept,
        seeds=len(columns) > len(swept),
        loss="objective" if len(validated) > 1 else "validation loss" if validated == {True} else "training loss",
        unit=f"{target.unit}²" if isinstance(target, Continuous) else "1",
        title=_title(ended, len(records) - len(ended)),
    )


def _title(ended: Sequence[RunRecord], unfinished: int) -> str:
    places = {" + ".join(run.data.stations) for run in ended if run.data}
    where = f", {places.pop()}" if len(places) == 1 else ""
    diverged = sum(run.status == "diverged" for run in ended)
    others = {"diverged": diverged, "not finished": unfinished}
    counts = [counted(len(ended), "job"), *(f"{n} {what}" for what, n in others.items() if n)]
    return f"{ended[0].task}{where}: {', '.join(counts)}"


def numbers(values: Sequence[str]) -> Array | None:
    """The values as finite numbers; None if one is not."""
    try:
        found = np.array([float(value) for value in values])
    except ValueError:
        return None
    return found if np.isfinite(found).all() else None


def short(value: str) -> str:
    """A value as it is shown: a number with four figures, a text with at most `LONGEST` letters."""
    x = numbers([value])
    return plain(value, LONGEST) if x is None else f"{x[0]:.4g}"


def effect(objective: Array, *columns: Sequence[str]) -> float:
    """How far settings together decide the order of the jobs: the share of the variance of their ranks they explain.

    ε² = 1 - (n - 1)/(n - k) · Σ (rank - mean rank of its cell)² / Σ (rank - mean rank)², where k is the number of
    cells: many values do not raise it by their number (Kelley, 1935). Diverged jobs share the last rank. Numbers most
    of which occur once are cut into thirds. The objective is the loss of each job [n], nan where it diverged; a column
    has the values of a setting [n].
    """
    n, levels = len(objective), np.stack([_levels(values) for values in columns])
    cell = np.unique(levels, axis=1, return_inverse=True)[1].ravel()
    rank = pl.Series(np.where(np.isnan(objective), np.inf, objective)).rank("average").to_numpy()
    counts = np.bincount(cell)
    within = ((rank - (np.bincount(cell, rank) / counts)[cell]) ** 2).sum()
    total = ((rank - rank.mean()) ** 2).sum()
    return float(1 - (n - 1) / (n - len(counts)) * within / total) if total and n > len(counts) else 0.0


def _levels(values: Sequence[str]) -> Array:
    x, level = numbers(values), np.unique(values, return_inverse=True)[1]
    many = x is not None and 2 * (level.max() + 1) > len(values)
    return np.searchsorted(np.quantile(x, [1 / 3, 2 / 3]), x) if x is not None and many else level
