"""Inputs x: each feature set is one function from a lead and its own settings to polars expressions.

They are evaluated station by station on a table with one row for every day: `shift(k)` reaches k days back.
"""

from collections.abc import Callable

from stratus.data.features.input import Input
from stratus.data.features.past import anomalies, climatology, spells, tendencies
from stratus.data.features.sets import day_of_year, harmonics, neighbours, quadratic, station, two_days
from stratus.data.features.user import own

_SETS = (two_days, quadratic, day_of_year, harmonics, station, neighbours, spells, tendencies, anomalies, climatology)
FEATURES: dict[str, Callable[..., list[Input]]] = {function.__name__: function for function in (*_SETS, own)}
