"""A score beside a reference's."""

from typing import Any


def skill(score: Any, reference: Any) -> Any:
    """1 - S/S_ref: the share of a reference's score that a forecast saves; 1 is perfect, 0 no better than it.

    Args:
        score: S, 0 for a perfect forecast, such as the mean squared error or the Brier score.
        reference: S_ref of the same days.
    """
    return 1 - score / reference
