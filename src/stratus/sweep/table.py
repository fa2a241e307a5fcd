"""A sweep's runs as a table, best first: on the terminal and as summary.csv."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from stratus import files
from stratus.errors import counted
from stratus.runs import record
from stratus.runs.record import RunRecord
from stratus.runs.report import listing, plain, show, show_run
from stratus.sweep import penalties, resamples, years

OBJECTIVE = "objective"
MOST = 20  # the most rows of a table on the terminal; the files have all
YEARS_SHOWN = ("year", "train", "test", "loss", "accuracy", "skill", "from", "to", "persistence")
_number = pl.col("job").str.replace(r"^(\d+)_[^/]*$", "$1")  # of a job: with it begins its folder's name
SHOWN = ("job", "task", "tags", "overrides", OBJECTIVE, "test/loss", "test/accuracy", "test/skill", "seconds", "status")


def collect(jobs: Mapping[str, RunRecord]) -> pl.DataFrame:
    """One row a job, best first; by task, since losses of different tasks cannot be compared.

    Those without an objective stand last. Columns: job (the name of its folder), task, status, objective (validation
    loss of the best checkpoint; the training loss where there are no validation days), overrides, the test scores, gap,
    seconds, and for a job that did not finish the reason in one line. Of a broken record only the reason is known.
    """
    runs = jobs.values()
    scores = dict.fromkeys(name for run in runs for name in run.metrics if name.startswith("test/"))
    columns = {
        "job": list(jobs),
        "task": [run.task or None for run in runs],
        "status": [run.status for run in runs],
        OBJECTIVE: [run.objective for run in runs],
        "overrides": [None if run.status == "broken" else " ".join(run.overrides) for run in runs],
        **({"tags": [", ".join(run.tags) for run in runs]} if any(run.tags for run in runs) else {}),
        **{name: [run.metrics.get(name) for run in runs] for name in scores},
        "gap": [run.gap for run in runs],
        "seconds": [run.seconds for run in runs],
        "reason": [run.error and " ".join(run.error.split()) for run in runs],
    }
    texts = dict.fromkeys(("job", "task", "overrides", "reason"), pl.String)
    table = pl.DataFrame(columns, schema_overrides={OBJECTIVE: pl.Float64, **texts})
    return table.sort(pl.col(OBJECTIVE).is_null(), "task", OBJECTIVE, nulls_last=True, maintain_order=True)


def over_seeds(table: pl.DataFrame) -> pl.DataFrame:
    """Mean and standard deviation over the finished jobs that differ in nothing but the seed; best first.

    Columns: overrides without the seed, runs, `… mean` and `… sd` of objective and test scores. No rows without seeds.
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


def write(folder: Path, jobs: Mapping[str, RunRecord]) -> pl.DataFrame:
    """Replaces summary.csv, and summary_seeds.csv where seeds vary, by what the jobs' records say.

    Raises OSError if they cannot be written.
    """
    table = collect(jobs)
    files.replace(folder / "summary.csv", files.without_formulas(table).write_csv())
    if (seeds := over_seeds(table)).height:
        files.replace(folder / "summary_seeds.csv", files.without_formulas(seeds).write_csv())
    return table


def finish(folder: Path) -> bool:
    """Writes the files a last time, shows them and the reasons of failures, and draws the pictures.

    Returns whether there was anything: not where no job has begun. Raises OSError if they cannot be written.
    """
    jobs = record.of_jobs(folder)
    if not jobs:
        return False
    table, runs = write(folder, jobs), list(jobs.values())
    resampled, yearly, strengths = resamples.comparable(runs), years.by_setting(runs), penalties.path(jobs)
    # No resample is the best, and no year; and the test days choose no penalty.
    ranked = not (resampled or yearly or strengths)
    show(*(_ranking(table, jobs) if ranked else []), *_failures(table))
    if resampled:
        intervals = resamples.table(resampled)
        files.replace(folder / "resamples.csv", files.without_formulas(intervals).write_csv())
        title = (
            f"over {len(resampled)} resamples of the training days only, on the same test days and beside the same "
            "climatology: the mean, and between what 95 % lie"
        )
        show(listing(intervals, title))
    elif yearly:
        _years(folder, yearly)
    elif strengths:
        best = penalties.chosen(strengths, jobs)
        title = "a path of penalties, by the loss of their validation days"
        show(listing(penalties.table(strengths, jobs), title), penalties.verdict(strengths, jobs))
        show_run(jobs[strengths[best]], Path(os.path.relpath(folder / strengths[best])))
    show(os.path.relpath(folder / "summary.csv"))
    if len(runs) > 1:
        _draw(folder, jobs)
    return True


def _years(folder: Path, runs: Mapping[str, Sequence[RunRecord]]) -> None:
    """Writes and shows the scores of each year and their means; of several settings the means alone."""
    table = years.table(runs)
    files.replace(folder / "years.csv", files.without_formulas(table).write_csv())
    columns = [name for name in YEARS_SHOWN if name in table.columns]
    if len(runs) > 1:
        columns = ["setting", *(name for name in columns if name not in ("year", "train", "test"))]
        table = table.filter(pl.col("year") == "mean")
    title = "each year by a model of the years before; from, to: 95 % of the skill; persistence: its skill"
    show(listing(table.select(columns).head(len(table) if len(runs) == 1 else MOST), title))
    told = list(runs.items())[:MOST]
    show(*(f"{plain(words)}: {years.verdict(own)}".removeprefix(": ") for words, own in told))


def _draw(folder: Path, jobs: Mapping[str, RunRecord]) -> None:
    """Draws the sweep; settings that cannot be drawn cost its pictures, and nothing else."""
    from stratus.sweep import pictures  # noqa: PLC0415 - matplotlib, not before there is something to draw

    try:
        show(*map(os.path.relpath, pictures.write(folder, jobs)))
    except OSError:
        raise
    except Exception as error:
        show(f"there are no pictures: {type(error).__name__}: {plain(str(error))}")


def _ranking(table: pl.DataFrame, jobs: Mapping[str, RunRecord]) -> list[Any]:
    """The best jobs, and the means over seeds where seeds vary; of the overrides those that not all jobs share."""
    known = {job: run for job, run in jobs.items() if run.status != "broken"}
    differing = record.differing(known.values())
    own = {job: " ".join(words.values()) for job, words in zip(known, differing, strict=True)}
    said = pl.col("job").replace_strict(own, default=None, return_dtype=pl.String).alias("overrides")
    table = table.with_columns(said, _number)
    alike = any("data.resample" in words for words in differing)
    if alike:
        table = pl.DataFrame({"job": [*jobs]}).with_columns(_number).join(table, "job", maintain_order="left")
    tasks, seeds = table["task"].drop_nulls().n_unique(), over_seeds(table)
    title = counted(table.height, "job")
    if table.height > 1:  # of one, or of days drawn anew, none is the best
        title += ", in their order" if alike else ", best first" + (" within their task" if tasks > 1 else "")
    title += f": {MOST} of them" if table.height > MOST else ""
    alone = {"task": tasks < 2, "status": (table["status"] == "finished").all()}  # columns that tell nothing
    columns = [name for name in SHOWN if name in table.columns and not alone.get(name)]
    names = [name for name in SHOWN if f"{name} mean" in seeds.columns]
    figures = [(pl.col(f"{name} mean").round_sig_figs(4), pl.col(f"{name} sd").round_sig_figs(2)) for name in names]
    spread = [pl.format("{} ± {}", *both).alias(name) for name, both in zip(names, figures, strict=True)]
    tables = {title: table.select(columns)}
    if seeds.height:
        tables["mean ± standard deviation over seeds"] = seeds.select("overrides", "runs", *spread)
    return [listing(one.head(MOST), title) for title, one in tables.items()]


def _failures(table: pl.DataFrame) -> list[str]:
    failed = table.drop_nulls("reason").with_columns(_number)
    lines = [f"job {plain(job)}: {plain(why)}" for job, why in failed.select("job", "reason").head(MOST).iter_rows()]
    return lines + ([f"… and {failed.height - MOST} more"] if failed.height > MOST else [])
