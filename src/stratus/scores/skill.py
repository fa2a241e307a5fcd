"""A score beside a reference's."""

from typing import Any


def skill(score: Any, reference: Any) -> Any:
    """1 - S/S_ref of scores that are 0 for a perfect forecast: 1 is perfect, 0 no better than the reference."""
    return 1 - score / reference
