"""Feature sets of the calendar and of what was measured, here and near by."""

from collections.abc import Mapping
from typing import Annotated

import polars as pl

from stratus.data.features.input import ALWAYS, ANGLE, NOTHING, Input, before, sizes, transform, unit_of


def two_days(lead_days: int) -> list[Input]:
    """Average temperatures (°C) of two consecutive days, the lecture's input: days d-lead-1 and d-lead."""
    return [before("temperature", lead_days + 1, "°C"), before("temperature", lead_days, "°C")]


def quadratic(lead_days: int) -> list[Input]:
    """The two days' temperatures T1 and T2 (°C) with T1², T2² and T1·T2 (°C²): a curved boundary, still linear in W."""
    first, second = two_days(lead_days)
    pairs = [(first, first), (second, second), (first, second)]
    return [first, second, *(Input(f"{a.name} × {b.name}", "°C²", a.value * b.value) for a, b in pairs)]


def day_of_year(lead_days: int, degree: Annotated[int, "highest power of the day of the year"] = 1) -> list[Input]:
    """Powers 1 to `degree` of the target day's number within its year, 1 to 366; known in advance at any lead."""
    day = pl.col("date").dt.ordinal_day().cast(pl.Float64)  # 366^15 is still finite in float32
    names = {
        p: (f"day of year^{p}", f"d{p}") if p > 1 else ("day of year", "d")
        for p in sizes("day_of_year.degree", degree, 15)
    }
    return [Input(*name, day.pow(p)) for p, name in names.items()]


def harmonics(lead_days: int, k: Annotated[int, "waves a year: 1 to k"] = 2) -> list[Input]:
    """Cosine and sine of 2πj · day of year / 365.25 for j = 1 to `k`: the cycle of the year in 2k numbers."""
    numbers = sizes("harmonics.k", k, 183)  # days tell no faster wave
    waves = [(j, name, wave) for j in numbers for name, wave in (("cos", pl.Expr.cos), ("sin", pl.Expr.sin))]
    return [Input(f"{name} {j}/year", "1", wave(ANGLE * j)) for j, name, wave in waves]


def station(
    lead_days: int,
    elements: Annotated[list[str] | None, "what of it; null: all that it measured"] = None,
    transformed: Annotated[bool, "amounts as log(1 + mm), hours as roots"] = False,
    *,
    own: Mapping[str, str] = NOTHING,
) -> list[Input]:
    """What the station measured on the last day known, in each element's unit, and whether it was wet (0 or 1).

    That is day d-lead, and the day before at lead 0, where the target day's own rain would be the answer. `own` are
    units of elements of the user's.
    """
    days = max(lead_days, 1)
    chosen = list(ALWAYS if elements is None else elements)
    inputs = [before(name, days, unit_of(name, own)) for name in chosen]
    inputs = [*map(transform, inputs)] if transformed else inputs
    if "precipitation" in chosen:  # after those that most stations measure
        place = 1 + max(chosen.index(name) for name in ALWAYS if name in chosen)
        inputs.insert(place, Input(f"wet d-{days}", "1", pl.col("wet").shift(days)))
    return inputs


def neighbours(
    lead_days: int,
    elements: Annotated[list[str] | None, "what of them; null: all that was measured"] = None,
    transformed: Annotated[bool, "amounts as log(1 + mm), hours as roots"] = False,
    k: Annotated[int, "so many of the nearest stations, or as many as there are"] = 5,
    *,
    own: Mapping[str, str] = NOTHING,
) -> list[Input]:
    """What the k nearest stations measured on the last day known, as `station` has it; they stand in order of distance.

    Where the target is asked at all stations at once, each is told of all of them, and no order is needed.
    """
    here = station(lead_days, elements, transformed, own=own)
    numbers = sizes("neighbours.k", k, 1000)
    return [one._replace(name=f"{one.name} at neighbour {j}", neighbour=j) for j in numbers for one in here]
