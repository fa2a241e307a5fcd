"""The hours that values of GHCN-Daily are of: those that a file says, else those usual where the station stands."""

from collections.abc import Iterable, Mapping

import polars as pl

from stratus.data.clocks import NO_CLOCKS, Clocks
from stratus.data.elements import DAY, Hours

# Elements that an observer reads off once a day, with the columns that they become.
READ_OFF = {"TMAX": "temperature_max", "TMIN": "temperature_min", "PRCP": "precipitation"}
READ_OFF |= {"SNOW": "snowfall", "SNWD": "snow_depth", "EVAP": "evaporation"}
_TOLD_BY = ("temperature_max", "temperature_min", "precipitation", "snowfall")  # the type of the weather
_NINE = Hours(-15, 9)
USUAL: dict[str, dict[str, Hours]] = {
    # From the earliest begin, a gauge read at seven, to the latest end, so that nothing can leak.
    "USC": dict.fromkeys(READ_OFF.values(), Hours(-17, 24)),
    # Of the nine o'clock at which all is read the highest temperature alone goes to the day before.
    "ASN": dict.fromkeys(READ_OFF.values(), _NINE) | {"temperature_max": Hours(9, 33)},
}  # by the first characters of the stations' ids


def usual(stations: Iterable[str]) -> Clocks:
    """The hours by the stations' ids: cooperative observers (USC…) and Australia's (ASN…) differ from the day."""
    return _clocks({station: USUAL[station[:3]] for station in stations if station[:3] in USUAL})


def told(values: pl.DataFrame) -> Clocks:
    """The hours of a long table's stations: of each element the hours that hold those of all its values.

    A value that says when it was read is of the 24 hours before; of others the `usual` hours are taken.
    """
    said = {*values.filter(pl.col("until").is_not_null())["station"].unique()}
    special = [one for one in values["station"].unique() if one[:3] in USUAL or one in said]
    if not special:
        return NO_CLOCKS
    read_off = pl.col("station").is_in(special) & pl.col("element").is_in([*READ_OFF])
    groups = values.filter(read_off).group_by("station", "element")
    ends = groups.agg(first=pl.col("until").min(), last=pl.col("until").max(), unsaid=pl.col("until").null_count() > 0)
    found: dict[str, dict[str, Hours]] = {}
    for station, element, first, last, unsaid in ends.sort("station", "element").rows():
        column = READ_OFF[element]
        here = [Hours(first - 24, last)] if first is not None else []
        if unsaid:
            here.append(USUAL.get(station[:3], {}).get(column, DAY))
        found.setdefault(station, {})[column] = _hull(here)
    return _clocks(found)


def _hull(hours: Iterable[Hours]) -> Hours:
    begins, ends = zip(*hours, strict=True)
    return Hours(min(begins), max(ends))


def _clocks(stations: Mapping[str, Mapping[str, Hours]]) -> Clocks:
    """What differs from the day; the hours of the weather's type hold those of what it is told by."""
    found = {}
    for name, own in stations.items():
        every = {**own, "weather": _hull(own.get(one, DAY) for one in _TOLD_BY)}
        found[name] = {column: hours for column, hours in every.items() if hours != DAY}
    return Clocks(stations={name: own for name, own in found.items() if own})
