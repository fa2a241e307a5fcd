"""The long table of GHCN-Daily's values: its columns, elements and units.

It has a row a value: `station`, `date`, `element` (TMAX, PRCP, WT05, …), `value` in °C, mm, m/s, hPa, %, minutes or
degrees (1 where a weather type occurred), the flags `measurement`, `quality`, `source` as one character or "", and the
hour at which its 24 hours end, `until` (above 0, up to 24), where the file says it. Every unit is converted here and
nowhere else.
"""

from typing import Literal, TypeAlias

import polars as pl

from stratus.data.fields import refuse

Units: TypeAlias = Literal["metric", "standard"]

FLAGS = ["measurement", "quality", "source"]
LONG = {"station": pl.String, "date": pl.Date, "element": pl.String, "value": pl.Float64}
LONG |= dict.fromkeys(FLAGS, pl.String) | {"until": pl.Float64}
STATION = r"[A-Z0-9_\-]{11}"
FIELDS = {  # what a text is, as a pattern and in words
    "station": (f"^{STATION}$", "a station's eleven characters"),
    "element": ("^[A-Z0-9]{4}$", "an element's four characters"),
}
_COMPACT = ("^[12][0-9]{7}$", "YYYYMMDD", ("%Y%m%d",))  # forms of dates: a pattern, in words, for the parser
# Access files hold rows dated 2023/5/20 among those dated 2022-12-31.
_ISO = ("^[12][0-9]{3}[-/][0-9]{1,2}[-/][0-9]{1,2}$", "YYYY-MM-DD", ("%Y-%m-%d", "%Y/%m/%d"))
TEMPERATURES = ("TMAX", "TMIN", "TAVG", "ADPT")
SPEEDS = ("AWND", "WSF1", "WSF2", "WSF5", "WSFG")
AMOUNTS = ("PRCP", "EVAP", "SNOW", "SNWD")
TENTHS = (*TEMPERATURES, *SPEEDS, "PRCP", "EVAP", "ASLP")  # in tenths of their unit; SNOW and SNWD are whole mm
WHOLE = ("WDF1", "WDF2", "RHAV", "RHMX", "RHMN", "TSUN", "ACMH", "ACSH")  # degrees, per cent and minutes
ELEMENTS = (*TENTHS, "SNOW", "SNWD", *WHOLE, "WT04", "WT05")  # kept: those of use; weather types are 1


def checked(long: pl.DataFrame, name: str, *, compact: bool, units: Units | None = None) -> pl.DataFrame:
    """The long table from its text, which has each row's `line`; the first broken field of file `name` is the error.

    The time of observation, `time`, may be absent; what is no time HHMM counts as none. Dates are `compact`, YYYYMMDD,
    or YYYY-MM-DD; `units` are those of `converted`.
    """
    pattern, expected, forms = _COMPACT if compact else _ISO
    # The patterns, because the parser takes 2017021 for a day as well.
    date = pl.when(pl.col("date").str.contains(pattern)).then("date")
    parsed = long.with_columns(
        day=pl.coalesce(date.str.to_date(form, strict=False) for form in forms),
        number=pl.col("value").cast(pl.Float64 if units else pl.Int32, strict=False),
    )
    for column, broken, words in (
        ("station", ~pl.col("station").str.contains(FIELDS["station"][0]), FIELDS["station"][1]),
        ("date", pl.col("day").is_null(), f"a real day as {expected}"),
        ("element", ~pl.col("element").str.contains(FIELDS["element"][0]), FIELDS["element"][1]),
        ("value", ~pl.col("number").is_finite().fill_null(False), "a number" if units else "a whole number"),
        *((flag, pl.col(flag).str.len_bytes() > 1, "one character or none") for flag in FLAGS),
    ):
        refuse(parsed, broken, column, name, words)
    kept = parsed.filter(pl.col("element").is_in(ELEMENTS) & (pl.col("number") != -9999))
    return kept.select("station", pl.col("day").alias("date"), "element", converted(units), *FLAGS, until=_until(kept))


def _until(text: pl.DataFrame) -> pl.Expr:
    """The hour of the times HHMM, null where there is none; 0000 is read as the end of the day, when all is known."""
    if "time" not in text.columns:
        return pl.lit(None, pl.Float64)
    time = pl.col("time").cast(pl.Int16, strict=False)
    real = time.is_between(0, 2400) & (time % 100 < 60)
    return pl.when(real).then((time // 100 + time % 100 / 60).replace(0, 24))


def converted(units: Units | None) -> pl.Expr:
    """The column `number` as `value` in the units of the long table; no units stand for GHCN-Daily's own tenths."""
    element, number = pl.col("element"), pl.col("number").alias("value")
    if units == "metric":
        return number
    if units is None:
        return pl.when(element.is_in(TENTHS)).then((number / 10).round(1)).otherwise(number).alias("value")
    return pl.coalesce(
        pl.when(element.is_in(TEMPERATURES)).then((number - 32) / 1.8),
        pl.when(element.is_in(AMOUNTS)).then(number * 25.4),
        pl.when(element.is_in(SPEEDS)).then(number * 0.44704),
        pl.when(element == "ASLP").then(number * 33.8639),  # inches of mercury
        number,
    ).alias("value")
