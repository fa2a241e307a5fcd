"""Units that a file may have, what turns its numbers into the daily table's, and units that seem to be others.

A table in °F or inches may pass for one in °C or mm. Its climate gives it away: no station on earth has it.
"""

from collections.abc import Collection
from typing import TypeAlias

import polars as pl

from stratus.errors import quoted

CONVERSIONS: dict[str, dict[str, tuple[float, float]]] = {
    "°C": {"degC": (0, 1), "degF": (32, 1 / 1.8), "K": (273.15, 1)},
    "mm": {"mm": (0, 1), "cm": (0, 10), "inch": (0, 25.4)},
    "m/s": {"m/s": (0, 1), "km/h": (0, 1 / 3.6), "knots": (0, 1852 / 3600), "mph": (0, 0.44704)},
    "hPa": {"hPa": (0, 1), "Pa": (0, 0.01), "kPa": (0, 10), "inHg": (0, 33.863886), "mmHg": (0, 1.333224)},
    "%": {"%": (0, 1)},
    "h": {"h": (0, 1), "min": (0, 1 / 60)},
    "MJ/m²": {"MJ/m2": (0, 1), "J/cm2": (0, 0.01), "kWh/m2": (0, 3.6)},
    "octas": {"octas": (0, 1), "%cloud": (0, 0.08)},
    "km": {"km": (0, 1), "mile": (0, 1.609344), "m": (0, 0.001)},
    "°": {"deg": (0, 1)},
}  # by the daily table's unit: its value = (value - first) · second
_MEND = "say data.units.{0}={1} if it is in that, or ={2} if it is right"
_Unit: TypeAlias = tuple[str, str, str, str]  # what is suspected of an element, its name, another unit and its own
_ENOUGH = 180  # days of a station that tell its climate: half a year is no summer
_TOO_WARM = {"temperature_max": 45, "temperature": 42, "temperature_min": 38}  # °C, medians beyond all on earth
_RANGE = 25  # °C, a mean difference of maximum and minimum beyond all on earth
_LITTLE = 1.0  # mm, on the mean wet day; inches have less, and places with so little are cold or have few wet days
_MILD, _OFTEN = 10, 0.1  # °C, median maximum; the share of days that are wet


def conversion(unit: str, to: str) -> tuple[float, float] | str:
    """What is subtracted from a value of a unit, then multiplied with it, to be in another; or what is wrong."""
    known, plain = CONVERSIONS[to], unit.replace("²", "2").replace("°", "deg")
    return known.get(plain) or f"{quoted(unit)}; expected one of {', '.join(known)}"


def suspected(table: pl.DataFrame, stated: Collection[str] = (), mend: str = _MEND) -> list[str]:
    """In words, with the mend, which elements of a daily table cannot be in its units, by the climate of some station.

    Not of those whose units are `stated`. Nothing is said of fewer than half a year's days; of inches nothing where it
    is cold or rarely rains, or where they are rounded to tenths.
    """
    found: list[_Unit] = []
    for station, days in table.group_by("station", maintain_order=True) if len(table) >= _ENOUGH else ():
        found += _too_warm(days, f"{station[0]}", stated) + _too_dry(days, f"{station[0]}", stated)
        if found:
            break
    return [f"{words}, as nowhere on earth: {mend.format(*units)}" for words, *units in found]


def _too_warm(days: pl.DataFrame, station: str, stated: Collection[str]) -> list[_Unit]:
    known = {name: days[name].drop_nulls() for name in _TOO_WARM if name in days.columns and name not in stated}
    for name, values in known.items():
        median = values.median()
        if len(values) >= _ENOUGH and isinstance(median, float) and median > _TOO_WARM[name]:
            return [(f"the median of {name} at {quoted(station)} is {median:.0f} °C", name, "degF", "degC")]
    if {"temperature_max", "temperature_min"} <= {*known}:
        between = (days["temperature_max"] - days["temperature_min"]).drop_nulls()
        mean = between.mean()
        if len(between) >= _ENOUGH and isinstance(mean, float) and mean > _RANGE:
            words = f"maximum and minimum at {quoted(station)} lie {mean:.0f} °C apart on the mean day"
            return [(words, "temperature_max", "degF", "degC")]
    return []


def _too_dry(days: pl.DataFrame, station: str, stated: Collection[str]) -> list[_Unit]:
    if "precipitation" in stated:
        return []
    fell = days["precipitation"].drop_nulls()
    wet, warmth = fell.filter(fell > 0), days["temperature_max"].median()
    if len(fell) < _ENOUGH or len(wet) < _OFTEN * len(fell) or not isinstance(warmth, float) or warmth < _MILD:
        return []
    mean, hundredths = wet.mean(), wet * 100
    whole, tenths = (bool((((hundredths / one).round() * one - hundredths).abs() < 1e-6).all()) for one in (1, 10))
    if not isinstance(mean, float) or mean >= _LITTLE or not whole or tenths:
        return []
    words = f"the mean wet day at {quoted(station)} has {mean:.2g} mm, in hundredths, though it is wet often"
    return [(words, "precipitation", "inch", "mm")]
