"""A score beside a reference's."""

import math
from typing import Any

from array_api_compat import array_namespace

NOTHING = 1e-12  # a score that is 0 but for rounding


def skill(score: Any, reference: Any) -> Any:
    """1 - S/S_ref of scores that are 0 for a perfect forecast: 1 is perfect, 0 no better than the reference.

    nan where the reference is perfect itself, since nothing can be gained: where the truth never varies.
    """
    if isinstance(reference, float):
        return 1 - score / (reference if reference > NOTHING else math.nan)
    return 1 - score / array_namespace(reference).where(reference > NOTHING, reference, math.nan)
