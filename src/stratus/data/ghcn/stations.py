"""Which stations there are, where they stand and what they measured: ghcnd-stations.txt and ghcnd-inventory.txt."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from stratus.data.fields import refuse
from stratus.data.ghcn.values import FIELDS
from stratus.data.lines import SIZE, Block, blocks
from stratus.errors import DataError

EARTH_RADIUS = 6371.0088  # mean radius of the earth in km
NEEDED = ("TMAX", "TMIN", "PRCP")  # elements without which a day has no type of weather
LISTED = ("TMAX", "TMIN", "PRCP", "SNOW", "AWND", "WT05")  # elements that are listed of each station
# Austin, Houston, San Antonio, Corpus Christi and El Paso, as in conf/data/texas.yaml.
TEXAS = ("USW00013904", "USW00012960", "USW00012921", "USW00012924", "USW00023044")

_PLACE = {"id": (1, 11), "latitude": (13, 20), "longitude": (22, 30)}  # first and last character, from 1
_STATIONS = _PLACE | {"elevation": (32, 37), "state": (39, 40), "name": (42, 71)}
_INVENTORY = _PLACE | {"element": (32, 35), "first": (37, 40), "last": (42, 45)}
_YEAR = ("^[12][0-9]{3}$", "a year")
_TEXT = {"id": FIELDS["station"], "element": FIELDS["element"], "first": _YEAR, "last": _YEAR}
_NUMBERS = {
    "latitude": (-90, 90, "degrees between -90 and 90"),
    "longitude": (-180, 180, "degrees between -180 and 180"),
    "elevation": (-999.9, 9999.9, "metres, or -999.9"),
}


def read_stations(path: str | Path) -> pl.DataFrame:
    """Reads ghcnd-stations.txt, a row a station; raises DataError if a line is broken: names file and line.

    Columns are `id`, `latitude` and `longitude` (degrees), `elevation` (m above the sea, null where it is not known),
    `state` (null outside the United States and Canada), `name`.
    """
    known = pl.when(pl.col("elevation") > -999.9).then("elevation").alias("elevation")
    return _fixed_width(path, _STATIONS).with_columns(known, pl.col("state").replace("", None))


def read_inventory(path: str | Path) -> pl.DataFrame:
    """Reads ghcnd-inventory.txt, a row a station and element; raises DataError as `read_stations` does.

    Columns are `id`, `latitude`, `longitude` (degrees), `element`, `first` and `last` (years its values begin and end).
    """
    return _fixed_width(path, _INVENTORY).with_columns(pl.col("first", "last").cast(pl.Int32))


def search(
    stations: pl.DataFrame,
    inventory: pl.DataFrame,
    *,
    near: tuple[float, float] | None = None,
    within_km: float | None = None,
    name: str | None = None,
    elements: Sequence[str] = (),
    years: tuple[int, int] | None = None,
) -> pl.DataFrame:
    """The stations of `read_stations` and `read_inventory` that meet every condition given.

    They are at most `within_km` from `near` (latitude and longitude in degrees), have all words of `name` in theirs, in
    any case, and measured all `elements`, such as SNOW, from the first to the last of `years`. Sorted by distance, or
    without `near` by name, they have the columns of `stations`; with `near` the great circle's `distance_km`; `first`
    and `last`, the years in which all of the elements asked for were measured, or where none is asked for those of
    `NEEDED` that ever were (null where none was); `elements`, the ones measured of those asked for and of `LISTED`,
    joined by blanks. Raises DataError if a condition cannot hold anywhere.
    """
    asked = tuple(dict.fromkeys(element.upper() for element in elements))
    if near is not None and not (-90 <= near[0] <= 90 and -180 <= near[1] <= 180):
        raise DataError(f"near {near[0]},{near[1]}: expected a latitude of -90 to 90 and a longitude of -180 to 180")
    if within_km is not None and (near is None or not within_km >= 0):
        raise DataError(f"within {within_km} km: expected a distance of at least 0 and a place to be near to")
    if years is not None and years[0] > years[1]:
        raise DataError(f"years {years[0]} to {years[1]}: expected the earlier one first")
    if unknown := [one for one in asked if one not in inventory["element"]]:
        raise DataError(f"no station measured {', '.join(unknown)}; expected elements such as {', '.join(LISTED)}")
    found = stations
    if name is not None:
        upper = pl.col("name").str.to_uppercase()
        found = found.filter(upper.str.contains(word, literal=True) for word in name.upper().split())
    if near is not None:
        found = found.with_columns(distance_km=distance_km(*near))
    if within_km is not None:
        found = found.filter(pl.col("distance_km") <= within_km)
    found = found.join(_measured(inventory, asked), on="id", how="inner" if asked else "left")
    found = found.filter((pl.col("first") <= pl.col("last")) | pl.col("first").is_null())
    if years is not None:
        found = found.filter(pl.col("first") <= years[0], pl.col("last") >= years[1])
    place = "name" if near is None else "distance_km"
    return found.sort(place, "id").select(pl.col("id", "name", "state"), pl.exclude("id", "name", "state"))


def distance_km(latitude: float, longitude: float) -> pl.Expr:
    """The great circle's distance from a point (degrees) to the columns `latitude`, `longitude`, by the haversine.

    d = 2R·asin √(sin²(Δφ/2) + cos φ₁ cos φ₂ sin²(Δλ/2))
    """
    north, east = pl.col("latitude").radians(), pl.col("longitude").radians()
    here, there = pl.lit(latitude).radians(), pl.lit(longitude).radians()
    square = ((north - here) / 2).sin() ** 2 + north.cos() * here.cos() * ((east - there) / 2).sin() ** 2
    return 2 * EARTH_RADIUS * square.clip(0, 1).sqrt().arcsin()  # rounding can carry the antipode above 1


def _measured(inventory: pl.DataFrame, asked: Sequence[str]) -> pl.DataFrame:
    """Columns `id`, `first`, `last`, `elements` of the stations with all the elements asked for, or of every one."""
    listed = (*LISTED, *(one for one in asked if one not in LISTED))
    order = pl.col("element").replace_strict(dict(zip(listed, range(len(listed)), strict=True)))
    wanted = pl.col("element").is_in(asked or NEEDED)
    table = (
        inventory.filter(pl.col("element").is_in(listed))
        .sort(order)
        .group_by("id", maintain_order=True)
        .agg(
            pl.col("first").filter(wanted).max(),
            pl.col("last").filter(wanted).min(),
            pl.col("element").unique(maintain_order=True).str.join(" ").alias("elements"),
            pl.col("element").filter(wanted).n_unique().alias("wanted"),
        )
    )
    return table.filter(pl.col("wanted") >= len(asked)).drop("wanted")


def _number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Float64, strict=False)


def _fixed_width(path: str | Path, columns: Mapping[str, tuple[int, int]]) -> pl.DataFrame:
    """The columns of a file of fixed-width lines as text and numbers; the first broken field is the error."""
    parts = [part for block in blocks(path, SIZE // 4, whole=True) if len(part := _columns(block, f"{path}", columns))]
    if not parts:
        raise DataError(f"{path}: the file is empty")
    return pl.concat(parts)


def _columns(block: Block, name: str, columns: Mapping[str, tuple[int, int]]) -> pl.DataFrame:
    lines, character = block.numbered("utf-8"), pl.col("text").str  # a station's name may hold anything
    raw = lines.filter(character.strip_chars() != "").select(
        "line",
        *(character.slice(i - 1, j - i + 1).str.strip_chars().alias(name) for name, (i, j) in columns.items()),
        between=pl.concat_str(character.slice(begin - 2, 1) for begin, _ in columns.values() if begin > 1),
    )
    if (shifted := raw.filter(pl.col("between").str.strip_chars() != "")).height:
        raise DataError(f"{name}, line {shifted['line'][0]}: columns out of place; expected blanks between them")
    for column, (pattern, expected) in _TEXT.items():
        if column in columns:
            refuse(raw, ~pl.col(column).str.contains(pattern), column, name, expected)
    for column, (low, high, expected) in _NUMBERS.items():
        if column in columns:
            refuse(raw, ~_number(column).is_between(low, high).fill_null(False), column, name, expected)
    return raw.select(_number(column) if column in _NUMBERS else column for column in columns)
