"""Features of a user's own, as a file outside the package holds them."""

import polars as pl

from stratus import Input


def humid(lead_days, days=2):
    """Means of the last days known, and the range of the last."""
    last = max(lead_days, 1)
    of_range = pl.col("temperature_max") - pl.col("temperature_min")
    mean = pl.col("pressure").shift(last).rolling_mean(days, min_samples=1)
    return [Input(f"range d-{last}", "K", of_range.shift(last)), Input(f"pressure over {days}", "hPa", mean)]
