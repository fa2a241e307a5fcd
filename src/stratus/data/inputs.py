"""Inputs as columns: of each row's own station, and of the stations near it."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from stratus.data.features.input import PLACED, Input
from stratus.errors import DataError


def columns_of(known: pl.DataFrame, inputs: Sequence[Input]) -> pl.DataFrame:
    """Columns x0, x1, …: each input of each row's station, or of one of its neighbours."""
    places = sorted({one.neighbour for one in inputs} - {0})
    near = nearest(known, max(places)) if places else {}
    found: dict[str, pl.Series] = {}
    for place in (0, *places):
        here = {f"x{j}": one for j, one in enumerate(inputs) if one.neighbour == place}
        values = [one.value.over("station").cast(pl.Float64).alias(name) for name, one in here.items()]
        if place:  # the neighbour's own days, put beside those of the station
            whose = {station: near[station][place - 1] for station in near if len(near[station]) >= place}
            asked = known.select(pl.col("station").replace_strict(whose, default=None, return_dtype=pl.String), "date")
            theirs = _to_one_end(known).select("station", "date", *values)
            found |= {
                name: asked.join(theirs, on=["station", "date"], how="left", maintain_order="left")[name]
                for name in here
            }
        else:
            found |= {one.name: one for one in known.select(values).get_columns()}
    return pl.DataFrame([found[f"x{j}"] for j in range(len(inputs))])


def _to_one_end(known: pl.DataFrame) -> pl.DataFrame:
    """Calendars that all reach to the last day of any: what a station knew last serves its neighbours later on."""
    last = known.select(pl.col("date").max()).item()
    after = pl.date_range(pl.col("date").max().dt.offset_by("1d"), pl.lit(last))
    ahead = known.group_by("station").agg(after).explode("date").drop_nulls()
    return pl.concat([known, ahead], how="diagonal").sort("station", "date")


def nearest(days: pl.DataFrame, k: int) -> dict[str, list[str]]:
    """The k stations nearest to each by their `latitude` and `longitude`, along great circles.

    Raises DataError if they are not known of every station.
    """
    names = days["station"].unique(maintain_order=True).to_list()
    columns = [name for name in PLACED if name in days.columns]
    where = days.group_by("station", maintain_order=True).agg(pl.col(columns).drop_nulls().first())
    if len(columns) < len(PLACED) or where.select(columns).null_count().sum_horizontal().item():
        raise DataError(
            "features.neighbours needs to know where stations are: give the table the columns latitude and longitude"
        )
    north, east = (np.radians(where[name].to_numpy()) for name in PLACED)
    point = np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1)
    apart = np.linalg.norm(point[:, None] - point, axis=2)  # the chord grows with the great circle
    order = np.argsort(apart, axis=1, kind="stable")
    return {name: [names[j] for j in order[i] if j != i][:k] for i, name in enumerate(names)}
