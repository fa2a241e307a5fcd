"""Inputs of your own: functions from how far ahead is forecast to what the model is told."""

import polars as pl

from stratus import Input


def swing(lead_days, days=2):
    """The mean of so many days' warmest less coldest hour (°C); clear days swing more than cloudy ones."""
    swung = pl.col("temperature_max") - pl.col("temperature_min")
    return [Input(f"swing of {days} days", "°C", swung.shift(max(lead_days, 1)).rolling_mean(days))]
