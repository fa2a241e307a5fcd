"""What a sweep over penalties tells: the strength that the validation days choose."""

from collections.abc import Mapping

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
    """A row a strength: the losses of the training and of the validation days."""
    rows = [
        (strength, *(jobs[job].metrics[f"{one}/loss"] for one in ("train", "val"))) for strength, job in found.items()
    ]
    return pl.DataFrame(rows, ["penalty", "training loss", "validation loss"], orient="row")


def chosen(found: Mapping[float, str], jobs: Mapping[str, RunRecord]) -> float:
    """The strength with the lowest validation loss."""
    return min(found, key=lambda strength: jobs[found[strength]].metrics["val/loss"] or 0.0)


def verdict(found: Mapping[float, str], best: float) -> str:
    """What was chosen, and whether the path may be too short to have found it."""
    at_end = best in (min(found), max(found)) and best > 0
    short = f"; it is the path's end, so give further ones with {PENALTY}=…" if at_end else ""
    return f"the validation days choose {PENALTY}={best:g}{short}; the test days had no say in it:"
