"""What a sweep over test years tells: scores of each year, forecast by a model of the years before, and their mean."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from stratus.data.samples import Array
from stratus.errors import counted
from stratus.runs.record import RunRecord, differing
from stratus.scores.bootstrap import LEVEL

YEAR = "data.test_year"
FEWEST = 5  # years whose spread says something of their mean: of two it may be ten times too small or too large


def by_setting(records: Sequence[RunRecord]) -> dict[str, list[RunRecord]]:
    """The finished jobs of a sweep over `data.test_year`, in the order of the years, by what else they were told.

    None unless that is what all finished jobs are, and any setting has two years or there is but one job.
    """
    finished = [run for run in records if run.status == "finished" and run.data]
    found: dict[str, list[RunRecord]] = {}
    told = differing(finished) if len(finished) > 1 else [{}] * len(finished)
    for run, words in zip(finished, told, strict=True):
        found.setdefault(" ".join(word for name, word in words.items() if name != YEAR), []).append(run)
    runs = {words: sorted(own, key=year) for words, own in found.items()}
    whole = all(len({year(run) for run in own}) == len(own) and year(own[0]) for own in runs.values())
    return runs if whole and (len(runs) == 1 or max(map(len, runs.values()), default=0) > 1) else {}


def judged(runs: Sequence[RunRecord]) -> list[RunRecord]:
    """Those of which a verdict can be given: climatology is no guess on any of their test days."""
    return [run for run in runs if not run.unseen_days]


def year(run: RunRecord) -> int:
    """The year that a run was tested on; 0 where it has none."""
    return int(run.data.source.get("test_year") or 0) if run.data else 0


def mean(values: Array) -> tuple[float, float, float]:
    """The mean of n years' scores, and the ends of its 95 % interval: mean ± t √(s²/n), the years taken as independent.

    s² is their variance, t Student's quantile of n - 1 degrees of freedom (Student, 1908). Both ends are nan where the
    years are fewer than `FEWEST`.
    """
    n = len(values)
    if not n:
        return math.nan, math.nan, math.nan
    half = student(n - 1) * values.std(ddof=1) / math.sqrt(n) if n >= FEWEST else math.nan
    return float(values.mean()), float(values.mean() - half), float(values.mean() + half)


def skill(run: RunRecord, forecaster: str = "model") -> float:
    """The skill of a run's model or of one of its references; nan where there is none."""
    scores = run.metrics if forecaster == "model" else run.references.get(forecaster, {})
    found = scores.get("test/skill")
    return math.nan if found is None else found


def student(freedom: int, share: float = LEVEL) -> float:
    """The t between whose two signs a share of Student's distribution lies.

    With t = √ν tan φ its density is in proportion to cos^(ν-1) φ, whose integral is summed by trapezia.
    """
    angle = np.linspace(0, math.pi / 2, 100_001)
    density = np.cos(angle) ** (freedom - 1)
    below = np.concatenate([[0.0], np.cumsum(density[1:] + density[:-1])])
    return math.sqrt(freedom) * math.tan(np.interp(share, below / below[-1], angle))


def table(runs: Mapping[str, Sequence[RunRecord]]) -> pl.DataFrame:
    """A row a year, and of each setting a row `mean` over its years of which a verdict can be given.

    Columns: setting, year, train and test (numbers of days), the test scores but those by class, the ends of the
    interval of skill (a year's is from its days, the mean's from the years), and the skill of persistence.
    """
    every = [run for own in runs.values() for run in own]
    names = dict.fromkeys(name for run in every for name in run.metrics if name.startswith("test/"))
    scores = [name for name in names if name.count("/") == 1]
    rows: list[dict[str, object]] = []
    for words, own in runs.items():
        for run in own:
            assert run.data
            days = {name: run.data.samples[name] for name in ("train", "test")}
            low, high = run.intervals.get("test/skill") or (None, None)
            values = {name: run.metrics.get(name) for name in scores}
            rows.append({"setting": words, "year": str(year(run)), **days, **values, "from": low, "to": high})
            rows[-1]["persistence"] = skill(run, "persistence")
        known = judged(own)
        means = {name: _mean([run.metrics.get(name) for run in known]) for name in scores}
        _, low, high = mean(np.array([skill(run) for run in known]))
        rows.append({"setting": words, "year": "mean", **means, "from": low, "to": high})
        rows[-1]["persistence"] = _mean([skill(run, "persistence") for run in known])
    found = pl.DataFrame(rows, infer_schema_length=None).rename(lambda name: name.removeprefix("test/"))
    return found.with_columns(pl.col(pl.Float64).fill_nan(None))


def _mean(values: Sequence[float | None]) -> float:
    return float(np.mean(np.array(values, float))) if values else math.nan


def verdict(runs: Sequence[RunRecord]) -> str:
    """Whether a setting's mean skill over the years may be chance, and what that of persistence is."""
    known = judged(runs)
    out = [str(year(run)) for run in runs if run.unseen_days]
    rest = f" (without {', '.join(out)}, where climatology is a guess)" if out else ""
    middle, low, high = mean(np.array([skill(run) for run in known]))
    other = f"; persistence has {_mean([skill(run, 'persistence') for run in known]):+.3f}"
    over = f"mean skill {middle:+.3f} over {counted(len(known), 'year')}{rest}"
    if math.isnan(low):
        return f"{over}, too few for an interval: it takes {FEWEST}{other}"
    worse = "worse than climatology" if high < 0 else "it cannot be told from climatology"
    said = "better than climatology" if low > 0 else worse
    return f"{over}, 95 % between {low:+.3f} and {high:+.3f}: {said}{other}"
