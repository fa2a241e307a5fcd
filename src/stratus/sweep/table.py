"""A sweep's runs as a table, best first: on the terminal and as summary.csv."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
from rich.table import Table

from stratus import files
from stratus.runs import record
from stratus.runs.record import RunRecord
from stratus.runs.report import listing, show
from stratus.sweep import resamples

Records: TypeAlias = Mapping[int, RunRecord]
"""Records of a sweep's jobs by their numbers."""

OBJECTIVE = "objective"
MOST = 20
"""Rows of a table that the terminal shows; the files have all."""

SHOWN = ("job", "task", "overrides", OBJECTIVE, "test/loss", "test/accuracy", "test/skill", "seconds", "status")


def collect(jobs: Records) -> pl.DataFrame:
    """One row a job, best first; by task, since losses of different tasks cannot be compared.

    Those without an objective stand last. Columns: job, task, status, objective (validation loss of the best
    checkpoint; the training loss where there are no validation days), overrides, the test scores, gap, seconds, and
    for a job that did not finish the reason.
    """
    rows = [_row(number, run) for number, run in jobs.items()]
    if not rows:
        return pl.DataFrame(
            schema={
                "job": pl.Int64,
                "task": pl.String,
                "status": pl.String,
                OBJECTIVE: pl.Float64,
                "overrides": pl.String,
            }
        )
    table = pl.DataFrame(rows, schema_overrides={OBJECTIVE: pl.Float64, "reason": pl.String}, infer_schema_length=None)
    scores = [name for name in table.columns if name.startswith("test/")]
    order = ["job", "task", "status", OBJECTIVE, "overrides", *scores, "gap", "seconds", "reason"]
    unranked = pl.col(OBJECTIVE).is_null()
    return table.select(order).sort(unranked, "task", OBJECTIVE, "job", nulls_last=True)


def _row(number: int, run: RunRecord) -> dict[str, Any]:
    return {
        **{tag: value for tag, value in run.metrics.items() if tag.startswith("test/")},
        "job": number,
        "task": run.task,
        "status": run.status,
        OBJECTIVE: run.objective,
        "overrides": " ".join(run.overrides),
        "gap": run.gap,
        "seconds": run.seconds,
        "reason": run.error,
    }


def over_seeds(table: pl.DataFrame) -> pl.DataFrame:
    """Mean and standard deviation over the finished jobs that differ in nothing but the seed; best first.

    Columns: overrides (without the seed), runs, and for objective and test scores `… mean` and `… sd`. No rows
    where no seed varies.
    """
    scores = [name for name, kind in table.schema.items() if kind == pl.Float64 and name not in ("gap", "seconds")]
    return (
        table.filter(pl.col("status") == "finished")
        .with_columns(pl.col("overrides").str.replace_all(r"(^| )seed=\S+", "").str.strip_chars())
        .group_by("overrides")
        .agg(
            pl.len().alias("runs"),
            *(pl.col(name).mean().alias(f"{name} mean") for name in scores),
            *(pl.col(name).std().alias(f"{name} sd") for name in scores),
        )
        .filter(pl.col("runs") > 1)
        .sort(f"{OBJECTIVE} mean")
    )


def write(folder: Path, jobs: Records) -> pl.DataFrame:
    """Replaces summary.csv, and summary_seeds.csv where seeds vary, by what the jobs' records say."""
    table = collect(jobs)
    files.replace(folder / "summary.csv", table.write_csv())
    if (seeds := over_seeds(table)).height:
        files.replace(folder / "summary_seeds.csv", seeds.write_csv())
    return table


def finish(folder: Path) -> None:
    """Writes the files a last time and shows the table, the means over seeds and the reasons of failures."""
    jobs = record.of_jobs(folder)
    if not jobs:
        return  # none has begun
    table = write(folder, jobs)
    tasks = table["task"].n_unique()
    columns = [name for name in SHOWN if name in table.columns and (name != "task" or tasks > 1)]
    title = f"{table.height} jobs, best first" + (" within their task" if tasks > 1 else "")
    title += f": {MOST} of them" if table.height > MOST else ""
    parts: list[Any] = [_shown(table.select(columns), title, MOST)]
    if (seeds := over_seeds(table)).height:
        spread = [
            pl.format(
                "{} ± {}", pl.col(f"{name} mean").round_sig_figs(4), pl.col(f"{name} sd").round_sig_figs(2)
            ).alias(name)
            for name in SHOWN
            if f"{name} mean" in seeds.columns
        ]
        title = "mean ± standard deviation over seeds"
        parts.append(_shown(seeds.select("overrides", "runs", *spread), title, MOST))
    if "reason" in table.columns:
        failed = table.filter(pl.col("reason").is_not_null()).sort("job").select("job", "reason")
        parts += [f"job {job}: {reason}" for job, reason in failed.head(MOST).iter_rows()]
        parts += [f"… and {failed.height - MOST} more"] if failed.height > MOST else []
    show(*parts, *_resampled(folder, jobs), str(folder / "summary.csv"))
    if table.height > 1:
        from stratus.sweep import pictures  # noqa: PLC0415 - matplotlib, not before there is something to draw

        show(*map(str, pictures.write(folder, list(jobs.values()))))


def _shown(table: pl.DataFrame, title: str, rows: int) -> Table:
    return listing(table.with_columns(differing(table["overrides"])).head(rows), title)


def _resampled(folder: Path, jobs: Records) -> list[Any]:
    """Of resampled training days the intervals, as resamples.csv too."""
    runs = resamples.comparable(list(jobs.values()))
    if not runs:
        return []
    table = resamples.table(runs)
    files.replace(folder / "resamples.csv", table.write_csv())
    return [listing(table, f"over {len(runs)} resamples of the training days: the mean, and between what 95 % lie")]


def differing(overrides: pl.Series) -> pl.Series:
    """The overrides without those that all jobs share."""
    words = [line.split() for line in overrides]
    shared = set.intersection(*map(set, words)) if len(words) > 1 else set()
    return pl.Series("overrides", [" ".join(word for word in line if word not in shared) for line in words])
