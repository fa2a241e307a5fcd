"""A score beside a reference's."""

from typing import Any


def skill(score: Any, reference: Any) -> Any:
    """1 - S/S_ref: 1 is perfect, 0 no better than the reference.

    S and S_ref are scores of the same days that are 0 for a perfect forecast, such as the Brier score.
    """
    return 1 - score / reference
