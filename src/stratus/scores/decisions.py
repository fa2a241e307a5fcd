"""Scores of decisions, from how often each class came and was decided; and how well a probability ranks the days."""

from typing import Any

import numpy as np


def heidke(right: Any, came: Any, decided: Any) -> Any:
    """Heidke skill score (s - Σ fᵢoᵢ) / (1 - Σ fᵢoᵢ), Cohen's kappa (Heidke, 1926); nan where one class is all.

    From the share s of right answers [...], and how often each class came, o, and was the answer, f [..., k].
    """
    chance = (came * decided).sum(-1)
    return _beyond_chance(right - chance, 1 - chance)


def peirce(right: Any, came: Any, decided: Any) -> Any:
    """Peirce skill score (s - Σ fᵢoᵢ) / (1 - Σ oᵢ²) of the same (Peirce, 1884); of an event hit less false alarm rate.

    1 for right answers only, 0 on average for answers that know nothing; nan where one class is all that came.
    """
    return _beyond_chance(right - (came * decided).sum(-1), 1 - (came * came).sum(-1))


def _beyond_chance(gained: Any, possible: Any) -> Any:
    real = possible > 1e-12  # where rounding alone keeps the divisor from 0, nothing can be gained: 0/0
    return (gained * (abs(gained) > 1e-12) * real) / (possible * real)


def class_shares(hits: Any, came: Any, decided: Any) -> dict[str, Any]:
    """Recall hits/came and precision hits/decided, of days [...] on which a class came, was decided, or both: hits."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return {"recall": hits / came, "precision": hits / decided}


def ranks(p: Any, y: Any) -> Any:
    """Four bytes a day [..., n] uint32 that sort as its probability does, in float32; the last bit is whether y came.

    The bits of a number from 0 to 1 are below 2³⁰ and grow with it. 0 is left for days that are not known.
    """
    bits = (np.asarray(p, np.float32) + np.float32(0)).view(np.uint32)  # -0 becomes 0
    return (bits + np.uint32(1)) << 1 | np.asarray(y, np.uint32)


def ranking(days: Any) -> dict[str, Any]:
    """How well a class's probability ranks the days [...], from `ranks` [..., n], by the name of the score.

    With Rᵢ, Pᵢ and Fᵢ the recall, the precision and the false alarm rate above the i-th highest threshold, average
    precision is Σ (Rᵢ - Rᵢ₋₁) Pᵢ, and ROC AUC Σ (Fᵢ - Fᵢ₋₁)(Rᵢ + Rᵢ₋₁)/2: the share of pairs of a day with the class
    and one without in which the first is the more probable (Mann & Whitney, 1947). Days of equal probability are above
    the same thresholds: equal in float32, since float64 tells days of the same inputs apart by rounding alone. Days of
    rank 0 do not count. nan where the class never comes, and of ROC AUC where it always does.
    """
    days = np.sort(days, axis=-1)[..., ::-1]
    hits = np.cumsum(days & 1, axis=-1, dtype=np.int32)
    last = np.ones(days.shape, bool)  # of its threshold
    np.not_equal(days[..., 1:] >> 1, days[..., :-1] >> 1, out=last[..., :-1])
    number = np.cumsum(days > 0, axis=-1, dtype=np.int32)
    # Counts grow from day to day, so those above a threshold are the most among the last days of thresholds so far.
    above, false = (np.maximum.accumulate(np.where(last, one, 0), axis=-1) for one in (hits, number - hits))
    gained, lost = (np.diff(one, axis=-1, prepend=0) for one in (above, false))
    came, rest = (one[..., -1].astype(float) for one in (above, false))
    with np.errstate(invalid="ignore"):
        precise = (gained * (hits / number)).sum(-1) / came
        return {"average_precision": precise, "roc_auc": (lost * (above - gained / 2)).sum(-1) / (came * rest)}
