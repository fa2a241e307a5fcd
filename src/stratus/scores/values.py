"""Scores of forecasts that are numbers, a day at a time: the mean over the days is the score.

Functions here take numpy arrays or torch tensors; axes before those named stay.
"""

from typing import Any

ROUNDING = 1e-5
"""Rounding error of a difference of numbers in tenths in float32: readings 2.0 apart are within 2.0 of each other."""


def within(forecast: Any, y: Any, tolerance: float) -> Any:
    """Whether each value is within `tolerance` of the truth, both [..., n, k]."""
    return abs(forecast - y) <= tolerance + ROUNDING


def absolute_error(forecast: Any, y: Any) -> Any:
    """|f - y| [..., n] of values [..., n, k], the mean over the outputs."""
    return abs(forecast - y).mean(-1)


def squared_error(forecast: Any, y: Any) -> Any:
    """(f - y)² [..., n] of values [..., n, k], the mean over the outputs."""
    return ((forecast - y) ** 2).mean(-1)


def error(forecast: Any, y: Any) -> Any:
    """f - y [..., n] of values [..., n, k], the mean over the outputs; the bias is its mean, above 0 if too high."""
    return (forecast - y).mean(-1)
