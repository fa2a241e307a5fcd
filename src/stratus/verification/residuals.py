"""How far a forecast of values may miss: from the errors of days that the model was not trained on."""

import polars as pl
import polars.selectors as cs

from stratus.errors import CheckpointError, counted

FEWEST = 19  # errors, one of twenty with the one that is to come
ENOUGH = 100  # errors of a station, five of which are larger than what is given; a station with fewer is given all's


def margins(table: pl.DataFrame) -> pl.DataFrame:
    """By station, d of each output: in `prediction` ± d the truth is to lie 95 % of the time.

    From days' forecasts in the columns of `Forecasts.table`; the columns are `station`, null for all stations together
    in the first row, and the outputs' as `prediction` names them. Split conformal prediction (Lei, G'Sell, Rinaldo,
    Tibshirani & Wasserman, 2018): of n absolute errors the k-th smallest, k = ⌈0.95 (n + 1)⌉. Where the new day's error
    is as likely to be larger than any of them as any of them is itself, the truth lies inside with 95 % or more,
    however errors are distributed. Days whose truth is unknown are left out; d is null where too few are known of one
    of several outputs. Raises CheckpointError if there are too few errors of all, or one is no number.
    """
    marks = [one.removeprefix("prediction") for one in table.select(cs.starts_with("prediction")).columns]
    named = {f"prediction{mark}": pl.col(f"truth{mark}") - pl.col(f"prediction{mark}") for mark in marks}
    errors = table.select("station", **{name: error.abs() for name, error in named.items()})
    if not errors.select(pl.all_horizontal(pl.col(*named).is_finite()).all()).item():
        raise CheckpointError("an error in it is no number")
    most = errors.select(pl.max_horizontal(pl.col(*named).count())).item()
    if most < FEWEST:
        raise CheckpointError(f"it has {counted(most, 'day')}, and {FEWEST} are the fewest")
    place = ((pl.col(*named).count() + 1) * 19 + 19) // 20 - 1
    largest = pl.when(pl.col(*named).count() >= FEWEST).then(pl.col(*named).sort(nulls_last=True).get(place))
    enough = pl.min_horizontal(pl.col(*named).count().over("station")) >= ENOUGH
    own = errors.filter(enough).group_by("station", maintain_order=True).agg(largest)
    return pl.concat([errors.select(pl.lit(None, pl.String).alias("station"), largest), own])
