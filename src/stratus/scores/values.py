"""Scores of forecasts that are numbers [..., n, k], numpy or torch, a day at a time: their mean is the score."""

from typing import Any

ROUNDING = 1e-5  # of differences of numbers in tenths in float32: readings 2.0 apart are within 2.0 of each other


def within(forecast: Any, y: Any, tolerance: float) -> Any:
    """Whether each value is within `tolerance` of the truth [..., n, k]."""
    return abs(forecast - y) <= tolerance + ROUNDING


def absolute_error(forecast: Any, y: Any) -> Any:
    """|f - y| [..., n], the mean over the outputs."""
    return abs(forecast - y).mean(-1)


def squared_error(forecast: Any, y: Any) -> Any:
    """(f - y)² [..., n], the mean over the outputs."""
    return ((forecast - y) ** 2).mean(-1)


def error(forecast: Any, y: Any) -> Any:
    """f - y [..., n], the mean over the outputs; its mean over the days, the bias, is above 0 if forecasts are high."""
    return (forecast - y).mean(-1)
