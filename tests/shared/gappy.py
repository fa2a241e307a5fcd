"""The weather that ships with Stratus, less what is left out of it: on many days one of its two cities is unknown."""

from datetime import date

import numpy as np
import polars as pl
from shipped import SHIPPED

from stratus.data.recipe import Recipe
from stratus.data.splits import split

LEFT_OUT = {"New York": 0.4, "Seattle": 0.1}  # shares of the days
_chance = np.random.default_rng(3).uniform(size=len(SHIPPED))
_gone = pl.Series(_chance) < SHIPPED["station"].replace_strict(LEFT_OUT)
TABLE = SHIPPED.with_columns(
    pl.when(~_gone).then(pl.col("precipitation", "temperature_max", "temperature_min")),
)


def splits(target, features=("two_days", "harmonics"), **of_split):
    """Samples of both cities together: training to 2013, validation in 2014, 2015 for testing."""
    borders = {"train_from": date(2012, 1, 3), "validation_from": date(2014, 1, 1), "test_from": date(2015, 1, 1)}
    recipe = Recipe(target, {one: {} for one in features}, 1, missing="mean")
    return split(TABLE, recipe, **borders | of_split)
