"""How often a 95 % interval holds the truth: of many made-up test years, for each score and kind of weather.

The weather of a day is a normal number that persists: an autoregression, and a slow part that takes 30 days to fade
where the table says so. A model sees it through noise that persists as long and is as large, and forecasts what is
then most likely, values or the probability of an event; climatology forecasts the long mean. The truth of a score is
that of a very long series. A share between 93 and 97 % is as good as said; the simulation's own error is 1 % or less.
Other shares have a star: there the days are too few to see how long the weather lasts. `said short` is how often a run
says that its interval is likely too short; that it is of these days and not of another year, every run says.

    python tests/benchmarks/coverage.py [--days 365] [--series 500]
"""

import argparse
import sys
from collections.abc import Iterator

import numpy as np
from scipy.signal import lfilter
from scipy.stats import norm

from stratus.scores.blocks import FEWEST
from stratus.scores.scoring import EventScoring, Scoring, ValueScoring
from stratus.verification.intervals import ScoreDraws, intervals

SLOW = 0.2  # the slow part's share of the variance
FADES = 30  # days in which it falls to 1/e
OFTEN = 0.3  # how often the event comes
LONG = 4_000_000  # days of the series whose scores are the truth
WEATHER = {"0": (0.0, 0.0), "0.5": (0.5, 0.0), "0.75": (0.75, 0.0), "0.75, slow part": (0.75, SLOW)}


def autoregression(draw: np.random.Generator, days: int, persistence: float) -> np.ndarray:
    """A series of mean 0 and variance 1 from its first day on."""
    noise = draw.normal(size=days) * np.sqrt(1 - persistence**2)
    noise[0] = draw.normal()
    return lfilter([1], [1, -persistence], noise)


def weather(draw: np.random.Generator, days: int, persistence: float, slow: float) -> np.ndarray:
    """A series of mean 0 and variance 1; a share `slow` of the variance fades slowly."""
    fast, slowly = autoregression(draw, days, persistence), autoregression(draw, days, np.exp(-1 / FADES))
    return np.sqrt(1 - slow) * fast + np.sqrt(slow) * slowly


def year(draw: np.random.Generator, scoring: Scoring, days: int, *kind: float) -> dict[str, np.ndarray]:
    """What each day contributes to the scores of a model and of climatology [2, n]."""
    truth, noise = weather(draw, days, *kind), weather(draw, days, *kind)
    forecast, mean = (truth + noise) / 2, np.zeros(days)
    if isinstance(scoring, EventScoring):
        border = norm.ppf(1 - OFTEN)
        truth, forecast, mean = truth > border, norm.sf((border - forecast) / np.sqrt(0.5)), mean + OFTEN
    both = np.stack([forecast, mean])[..., None]
    return scoring.terms(both, (both > 0.5).astype(float), truth[None, :, None].astype(float))


def scores(scoring: Scoring, terms: dict[str, np.ndarray]) -> dict[str, float]:
    """The model's skill, scores, and scores less climatology's."""
    found = scoring.from_means({name: value.mean(1) for name, value in terms.items()})
    ruler = found[scoring.ruler]
    less = {f"{name} less climatology's": one[0] - one[1] for name, one in found.items()}
    return {"skill": 1 - ruler[0] / ruler[1], **{name: one[0] for name, one in found.items()}, **less}


def held(draw: np.random.Generator, scoring: Scoring, days: int, series: int, kind: tuple[float, float]) -> Iterator:
    """For each of so many years, by score, whether its interval holds the truth and how wide it is, and the block."""
    true = scores(scoring, year(draw, scoring, LONG, *kind))
    dates = np.datetime64("2001-01-01") + np.arange(days)
    for _ in range(series):
        draws = ScoreDraws(scoring)
        draws.update(dates, year(draw, scoring, days, *kind))
        (one,) = intervals(scoring, draws, 1, 1)
        less = {f"{name} less climatology's": ends for name, ends in one.against_climatology.items()}
        ends = {name.removeprefix("test/"): pair for name, pair in (one.scores | less).items()}
        found = {name: (low <= true[name] <= high, high - low) for name, (low, high) in ends.items()}
        yield found | {"block": (one.block, days < FEWEST * one.block)}


def _starred(share: float) -> str:
    return f"{share:.3f}{' ' if 0.93 <= round(share, 2) <= 0.97 else '*'}"


def main() -> None:
    """Prints the share of the intervals that hold the truth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365, help="test days of a series")
    parser.add_argument("--series", type=int, default=500, help="so many series of each kind")
    given = parser.parse_args()
    for target, scoring, shown in (
        ("values", ValueScoring(1.0), ("skill", "rmse", "rmse less climatology's", "bias", "accuracy")),
        ("events", EventScoring(), ("skill", "brier", "brier less climatology's", "accuracy", "heidke")),
    ):
        print(f"{target}, {given.days} days, {given.series} series: share held (mean width)")
        print(
            "  persistence     ",
            *(f"{score.replace(' climatology', ' c.'):>20}" for score in shown),
            " block  said short",
        )
        for name, kind in WEATHER.items():
            draw = np.random.default_rng(0)
            found = list(held(draw, scoring, given.days, given.series, kind))
            *cells, (block, few) = (np.mean([one[score] for one in found], axis=0) for score in (*shown, "block"))
            row = (f"{f'{_starred(share)} ({width:.2f})':>20}" for share, width in cells)
            print(f"  {name:16}", *row, f"{block:6.1f} {few:11.2f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
