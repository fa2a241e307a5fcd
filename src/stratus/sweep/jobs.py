"""A sweep's jobs as columns, from their records: what was swept, and what came of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from stratus.data.samples import Array
from stratus.data.targets import TARGETS, Continuous
from stratus.pictures.canvas import named
from stratus.runs.record import RunRecord


@dataclass(frozen=True)
class Jobs:
    """The jobs of a sweep that can be drawn together: all finished or diverged, and have one target."""

    objective: Array  # what the sweep minimises [n], nan where a job diverged
    training: Array  # the training loss of the same weights [n], likewise
    limits: Array  # the largest stable step [n], nan where there is none
    limit: str  # what it is called: a bound is all that it is save for the squared loss
    # The settings that differ, the seed left out unless it is the only one: their values as text [n]
    swept: dict[str, list[str]]
    seeds: bool  # whether the seed was left out
    loss: str  # name of the objective
    unit: str  # its unit
    title: str  # what the jobs are

    @property
    def label(self) -> str:
        """The objective with its unit."""
        return named(self.loss, self.unit)


def drawable(records: Sequence[RunRecord]) -> Jobs | None:
    """The jobs that can be drawn, in their order, from their records.

    None where fewer than two ended, none of them with a finite loss, where their targets differ, since losses of
    several cannot be compared, where no setting differs, or where all ask for no pictures.
    """
    ended = [run for run in records if run.status == "diverged" or run.objective is not None]
    scored = [run.metrics for run in ended if run.objective is not None]
    found = settings([run.overrides for run in ended])
    swept = {name: values for name, values in found.items() if name != "seed"} or found
    targets = {run.target for run in ended}
    unwanted = all("pictures=none" in run.overrides for run in ended)
    if len(ended) < 2 or not scored or not swept or len(targets) > 1 or targets.isdisjoint(TARGETS) or unwanted:
        return None
    validated = {"val/loss" in metrics for metrics in scored}
    target = TARGETS[str(ended[0].target)]
    values = isinstance(target, Continuous)
    return Jobs(
        objective=_column(run.objective for run in ended),
        training=_column(run.metrics.get("train/loss") for run in ended),
        limits=_column(run.largest_stable_step for run in ended),
        limit="largest stable step" if values else "largest step sure to be stable",
        swept=swept,
        seeds=len(found) > len(swept),
        loss="objective" if len(validated) > 1 else "validation loss" if validated == {True} else "training loss",
        unit="1" if not values else f"({target.unit})²" if " " in target.unit else f"{target.unit}²",
        title=_title(ended, len(records) - len(ended)),
    )


def settings(overrides: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    """The settings whose values differ between jobs: by name the value of each job, "default" where none was given."""
    given = [dict(one.lstrip("+").split("=", 1) for one in job if "=" in one) for job in overrides]
    names = dict.fromkeys(name for job in given for name in job)
    values = {name: [job.get(name, "default") for job in given] for name in names}
    return {name: column for name, column in values.items() if len(set(column)) > 1}


def _column(values: Iterable[float | None]) -> Array:
    return np.array([np.nan if value is None else value for value in values])


def _title(ended: Sequence[RunRecord], others: int) -> str:
    places = {" + ".join(run.data.stations) for run in ended if run.data}
    where = f", {places.pop()}" if len(places) == 1 else ""
    diverged = sum(run.status == "diverged" for run in ended)
    counts = {"jobs": len(ended), "diverged": diverged, "not finished": others}
    return f"{ended[0].task}{where}: {', '.join(f'{n} {what}' for what, n in counts.items() if n)}"


def numbers(values: Sequence[str]) -> Array | None:
    """The values as finite numbers; None where one is not, or where there are none."""
    try:
        found = np.array([float(value) for value in values])
    except ValueError:
        return None
    return found if len(found) and np.isfinite(found).all() else None


def distinct(values: Sequence[str]) -> list[str]:
    """Each value once: numbers in their order, others in the order of the jobs."""
    once = list(dict.fromkeys(values))
    return once if numbers(once) is None else sorted(once, key=float)


def effect(objective: Array, *columns: Sequence[str]) -> float:
    """How far settings together decide the order of the jobs: the share of the variance of their ranks they explain.

    ε² = 1 - (n - 1)/(n - k) · Σ (rank - mean rank of its cell)² / Σ (rank - mean rank)², k being the number of cells:
    pairs of settings with many values gain nothing by their number (Kelley, 1935). Those that diverged share the last
    rank. Of numbers of which most jobs have one of their own, thirds are taken.
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
