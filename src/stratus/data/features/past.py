"""Feature sets of how it has been: spells, tendencies, and what is usual on a day."""

from collections.abc import Mapping
from typing import Annotated

import polars as pl

from stratus.data.features.input import ALWAYS, CLIMATOLOGY, NOTHING, USUAL, Input, before, sizes, transform, unit_of


def spells(
    lead_days: int,
    most: Annotated[int, "days from which on a spell grows no longer"] = 30,
    transformed: Annotated[bool, "as log(1 + days)"] = False,
) -> list[Input]:
    """Length (days) of the wet and of the dry spell that the last day known is in, of which one is 0.

    It is counted from the first day after a gap in the record, or from the record's first.
    """
    days, row, wet = max(lead_days, 1), pl.int_range(pl.len()), pl.col("wet")
    begin = pl.when(wet.ne_missing(wet.shift())).then(row).forward_fill()
    length = (row - begin + 1).clip(upper_bound=sizes("spells.most", most, 10_000)[-1]).cast(pl.Float64)
    found = [
        Input(f"{name} spell d-{days}", "d", (length * so).shift(days)) for name, so in (("wet", wet), ("dry", 1 - wet))
    ]
    return [*map(transform, found)] if transformed else found


def tendencies(
    lead_days: int,
    elements: Annotated[list[str] | None, "of what; null: of all that was measured"] = None,
    transformed: Annotated[bool, "of log(1 + mm) and of roots of hours"] = False,
    *,
    own: Mapping[str, str] = NOTHING,
) -> list[Input]:
    """Change of elements from the day before to the last day known, in each element's unit.

    An element that is a change itself, as `pressure_change`, is none of them.
    """
    days = max(lead_days, 1)
    chosen = [name for name in (ALWAYS if elements is None else elements) if not name.endswith("_change")]
    pairs = [[before(name, day, unit_of(name, own)) for day in (days, days + 1)] for name in chosen]
    if transformed:
        pairs = [[*map(transform, pair)] for pair in pairs]
    return [Input(f"change of {last.name}", last.unit, last.value - day_before.value) for last, day_before in pairs]


def anomalies(
    lead_days: int,
    elements: Annotated[list[str] | None, "of what; null: of all that was measured"] = None,
    *,
    own: Mapping[str, str] = NOTHING,
) -> list[Input]:
    """What the station measured on the last day known, less what is usual there on that day, in each element's unit.

    That is fitted to the training days, see `data.normals`.
    """
    days = max(lead_days, 1)
    return [
        Input(f"anomaly of {name} d-{days}", unit_of(name, own), (pl.col(name) - pl.col(f"{USUAL} {name}")).shift(days))
        for name in (ALWAYS if elements is None else elements)
    ]


def climatology(lead_days: int, *, outputs: Mapping[str, str] = NOTHING) -> list[Input]:
    """What is usual on the target day at the station: the mean, or of an event its log-odds, of classes log p.

    It is fitted to the training days, see `data.normals`, and known in advance at any lead. `outputs` are the target's
    with their units.
    """
    names = {f"{CLIMATOLOGY} {name}": unit for name, unit in outputs.items()}
    return [Input(name, unit, pl.col(name)) for name, unit in names.items()]
