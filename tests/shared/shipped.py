"""The weather that ships with Stratus, and the days that a task is posed on in the tests of every part."""

from datetime import date
from pathlib import Path

from stratus.data.daily_table import read_csv, select
from stratus.data.recipe import Recipe
from stratus.data.splits import split

SHIPPED = read_csv(Path(__file__).parents[2] / "data" / "weather.csv")
SEATTLE = select(SHIPPED, ["Seattle"], "weather.csv")
TARGET = {"regression": "temperature", "binary": "rain", "multiclass": "weather", "multilabel": "rain_by_station"}


def splits_of(name, features="two_days", lead=0, *, target=None, **of_split):
    """A task's splits: 2012 to 2014 for training, 2015 for testing, unless `of_split` says otherwise.

    Features are names with spaces between them, or settings by name.
    """
    sets = {one: {} for one in features.split()} if isinstance(features, str) else features
    rows = SHIPPED if name == "multilabel" else SEATTLE
    borders = {"train_from": date(2012, 1, 3), "test_from": date(2015, 1, 1)}
    return split(rows, Recipe(target or TARGET[name], sets, lead), **borders | of_split)
