"""What a sweep over penalties tells: the strength that the validation days choose."""

from collections.abc import Mapping, Sequence

import polars as pl

from stratus.runs.record import RunRecord, differing

PENALTY = "optimizer.weight_decay"
FEWEST = 3  # strengths that make a path


def path(jobs: Mapping[str, RunRecord]) -> dict[float, str]:
    """The jobs of a sweep over `optimizer.weight_decay` by its values, in their order; none where more is swept.

    Only finished jobs with validation days: these choose.
    """
    runs = {
        job: run for job, run in jobs.items() if run.status == "finished" and run.metrics.get("val/loss") is not None
    }
    own = dict(zip(runs, differing(runs.values()), strict=True))
    if len(runs) < FEWEST or any([*words] != [PENALTY] for words in own.values()):
        return {}
    strengths = {float(words[PENALTY].partition("=")[2]): job for job, words in own.items()}
    return dict(sorted(strengths.items()))


def table(found: Mapping[float, str], jobs: Mapping[str, RunRecord]) -> pl.DataFrame:
    """A row a strength: the losses of the training days, of the validation days, and of each year's where several."""
    years = _years(found, jobs)
    rows = []
    for strength, job in found.items():
        run = jobs[job]
        losses = [run.metrics["train/loss"], _loss(run, years), *(run.validation_years[year] for year in years)]
        rows.append((strength, *losses))
    return pl.DataFrame(rows, ["penalty", "training loss", "validation loss", *years], orient="row")


def _years(found: Mapping[float, str], jobs: Mapping[str, RunRecord]) -> list[str]:
    """The years of the validation days, where they are several."""
    every = [{*jobs[job].validation_years} for job in found.values()]
    shared = sorted(set.intersection(*every))
    return shared if len(shared) > 1 else []


def _loss(run: RunRecord, years: Sequence[str]) -> float:
    """The validation loss; of several years the mean of theirs, so that a year counts as much as another."""
    losses = [run.validation_years[year] for year in years] or [run.metrics["val/loss"]]
    return sum(one or 0.0 for one in losses) / len(losses)


def chosen(found: Mapping[float, str], jobs: Mapping[str, RunRecord]) -> float:
    """The strength with the lowest validation loss."""
    years = _years(found, jobs)
    return min(found, key=lambda strength: _loss(jobs[found[strength]], years))


def verdict(found: Mapping[float, str], jobs: Mapping[str, RunRecord]) -> str:
    """What was chosen, whether each year alone chooses so, and whether the path may be too short to have found it."""
    best, each = chosen(found, jobs), table(found, jobs)
    at_end = best in (min(found), max(found)) and best > 0
    alone = [each["penalty"][each[year].arg_min() or 0] for year in _years(found, jobs)]
    words = ", ".join(f"{year} {one:g}" for year, one in zip(_years(found, jobs), alone, strict=True))
    apart = f" (years alone: {words})" if {*alone} - {best} else ""
    short = f"; it is the path's end, so give further ones with {PENALTY}=…" if at_end else ""
    return f"the validation days choose {PENALTY}={best:g}{apart}{short}; the test days had no say in it:"
