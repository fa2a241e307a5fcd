"""The long table of GHCN-Daily's values: its columns, elements and units.

It has a row a value: `station`, `date`, `element` (TMAX, PRCP, WT05, …), `value` in °C, mm or m/s (1 where a weather
type occurred), and the flags `measurement`, `quality`, `source` as one character or "". Every unit is converted here
and nowhere else.
"""

from typing import Literal, TypeAlias

import polars as pl

from stratus.data.fields import refuse

Units: TypeAlias = Literal["metric", "standard"]

FLAGS = ["measurement", "quality", "source"]
LONG = {"station": pl.String, "date": pl.Date, "element": pl.String, "value": pl.Float64}
LONG |= dict.fromkeys(FLAGS, pl.String)
STATION = r"[A-Z0-9_\-]{11}"
FIELDS = {  # what a text is, as a pattern and in words
    "station": (f"^{STATION}$", "a station's eleven characters"),
    "element": ("^[A-Z0-9]{4}$", "an element's four characters"),
}
_COMPACT = ("^[12][0-9]{7}$", "YYYYMMDD", ("%Y%m%d",))  # forms of dates: a pattern, in words, for the parser
# Access files hold rows dated 2023/5/20 among those dated 2022-12-31.
_ISO = ("^[12][0-9]{3}[-/][0-9]{1,2}[-/][0-9]{1,2}$", "YYYY-MM-DD", ("%Y-%m-%d", "%Y/%m/%d"))
TEMPERATURES = ("TMAX", "TMIN", "TAVG", "TOBS")
TENTHS = (*TEMPERATURES, "PRCP", "AWND")  # in tenths of their unit; SNOW and SNWD are whole mm, weather types are 1
ELEMENTS = (*TENTHS, "SNOW", "SNWD", *(f"WT{k:02d}" for k in range(1, 23)))  # kept: those whose unit is known here


def checked(long: pl.DataFrame, name: str, *, compact: bool, units: Units | None = None) -> pl.DataFrame:
    """The long table from its text, which has each row's `line`; the first broken field of file `name` is the error.

    Its dates are `compact`, YYYYMMDD, or YYYY-MM-DD; `units` are those of `converted`.
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
    return kept.select("station", pl.col("day").alias("date"), "element", converted(units), *FLAGS)


def converted(units: Units | None) -> pl.Expr:
    """The column `number` as `value` in °C, mm or m/s; no units stand for GHCN-Daily's own tenths."""
    element, number = pl.col("element"), pl.col("number").alias("value")
    if units == "metric":
        return number
    if units is None:
        return pl.when(element.is_in(TENTHS)).then((number / 10).round(1)).otherwise(number).alias("value")
    return pl.coalesce(
        pl.when(element.is_in(TEMPERATURES)).then((number - 32) / 1.8),
        pl.when(element.is_in(["PRCP", "SNOW", "SNWD"])).then(number * 25.4),
        pl.when(element == "AWND").then(number * 0.44704),
        number,
    ).alias("value")
