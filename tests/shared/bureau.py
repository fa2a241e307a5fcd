"""Small files in the form of the Bureau's "Rain in Australia"; the real one where STRATUS_WEATHERAUS names it."""

import os
from pathlib import Path

import pytest

REAL = Path(os.environ.get("STRATUS_WEATHERAUS", "/nowhere"))
needed = pytest.mark.skipif(not REAL.is_file(), reason="STRATUS_WEATHERAUS names no real file")
COLUMNS = ["Date", "Location", "MinTemp", "MaxTemp", "Rainfall", "Evaporation", "Sunshine", "WindGustDir"]
COLUMNS += ["WindGustSpeed", "WindDir9am", "WindDir3pm", "WindSpeed9am", "WindSpeed3pm", "Humidity9am", "Humidity3pm"]
COLUMNS += ["Pressure9am", "Pressure3pm", "Cloud9am", "Cloud3pm", "Temp9am", "Temp3pm"]
COLUMNS += ["RainToday", "RISK_MM", "RainTomorrow"]


def line(day="2020-01-01", place="Albury", gap="NA", **values):
    """A row; what is not given is a gap."""
    return ",".join([day, place, *(f"{values.get(name, gap)}" for name in COLUMNS[2:])])


def text(*lines, columns=COLUMNS):
    """A file."""
    return "\n".join([",".join(columns), *lines, ""])
