"""A file in columns, units and dates of its own ─► the daily table; all that does not fit is said at once."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import polars.selectors as cs

from stratus.data.clocks import Clocks
from stratus.data.daily_table import KEY, SCHEMA
from stratus.data.elements import ELEMENTS, Hours
from stratus.data.fields import open_table
from stratus.data.lines import blocks
from stratus.data.parquet import Parquet, is_parquet
from stratus.data.units import CONVERSIONS, conversion, suspected
from stratus.errors import DataError, quoted

GAPS = ("NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None", "-", "--", "---", "M")
# What stands for a value not measured, beside nothing.
TRACE = {"precipitation": "T", "snowfall": "T"}  # what stands for less than can be measured
ISO = "%Y-%m-%d"
_FORMATS = (
    ISO,
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
)
_CLOCK = re.compile("%-?[HIklMSTRXrcs]")  # what a form says of the time of day
_FIRST = 1000  # year with four digits
_ROWS = 1 << 18  # of Parquet that are read at once
_SHOWN = 30  # columns of the file that a message names
_MANY = 0.05  # a share of values beyond belief that is no accident
_DERIVED = ("wet", "temperature")  # columns that a calendar works out


@dataclass(frozen=True)
class Layout:
    """What stands where in a file: `columns` are its names by the daily table's, which else are looked for as they are.

    `units` are the file's by element, `own` those of further numeric columns, which are read as they are; `station` is
    the name of a file's only one; `hours` are begin and end of an element's.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)
    hours: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    date_format: str | None = None
    station: str | None = None

    @property
    def clocks(self) -> Clocks:
        """The hours of its elements."""
        return Clocks({name: Hours(*ends) for name, ends in self.hours.items() if len(ends) == 2})

    def read(self, path: str | Path) -> pl.DataFrame:
        """The daily table of a CSV or Parquet file; its further columns are left out.

        Raises DataError if the file cannot be read, or with everything about it and this layout that does not fit.
        """
        names, parts = _opened(path)
        places = self._places(names)
        faults = [*self._misnamed(names, places)]
        faults += [f"the file has {', '.join(map(quoted, names[:_SHOWN]))}"] if faults else []
        if faults and names.count("") * 2 > len(names):
            faults.insert(0, "the first line names no columns: remove what stands above their names")
        faults += self._mistaken()
        known = {"date", *([] if self.station else ["station"])} <= {*places}
        raw = pl.concat(part.select("line", **{k: pl.col(f"{v}") for k, v in places.items()}) for part in parts)
        raw = raw.filter(pl.any_horizontal(pl.exclude("line") != "")) if places else raw  # rows of commas alone
        if raw.is_empty():
            faults.append("no rows; expected one per station and day")
        table, broken = self._typed(raw.with_columns(cs.string().replace(dict.fromkeys(GAPS, "")).replace("", None)))
        faults += broken
        if known and not faults:
            faults = [*_again(table), *suspected(table, self.units)]
        if faults:
            raise DataError(f"{path}: {'; '.join(faults)}")
        return table.drop("line").sort(KEY)

    def _places(self, names: list[str]) -> dict[str, int]:
        """Where the columns of the daily table stand among those of the file."""
        wanted = {name: self.columns.get(name, name) for name in (*SCHEMA, *ELEMENTS, *self.own)}
        if self.station:
            del wanted["station"]
        return {name: names.index(column) for name, column in wanted.items() if column in names}

    def _misnamed(self, names: list[str], places: Mapping[str, int]) -> Iterator[str]:
        for name, column in self.columns.items():
            if name not in (*SCHEMA, *ELEMENTS, *self.own):
                yield f"data.columns.{name}: no element; data/README.md names them, data.elements.{name}=UNIT adds it"
            elif column not in names:
                yield f"data.columns.{name}={column}: there is no such column"
            elif names.count(column) > 1:
                yield f"data.columns.{name}={column}: {names.count(column)} columns have this name; rename one"
        for name in (*self.units, *self.hours, *self.own):
            if name not in places and name not in self.columns:
                yield f"{name} has unit or hours, and no column: say data.columns.{name}=NAME"
        if self.station and "station" in self.columns:
            yield "data.station is for a file without a column of stations: leave it or data.columns.station away"
        if not self.station and not {"station"} & {*places, *self.columns}:
            yield "no column station: say data.columns.station=NAME, or data.station=NAME if all is of one"
        if not {"date"} & {*places, *self.columns}:
            yield "no column date: say data.columns.date=NAME"
        if not {*places} - {*KEY}:
            yield "no element: say which column is which, as data.columns.precipitation=NAME"

    def _mistaken(self) -> Iterator[str]:
        """What is wrong with units, hours and own elements, whatever the file."""
        for name, unit in self.units.items():
            if name not in ELEMENTS:
                mend = f"data.elements.{name}={unit} says it" if name in self.own else "data/README.md names them"
                yield f"data.units.{name}: no known element; {mend}"
            elif isinstance(said := conversion(unit, ELEMENTS[name].unit), str):
                yield f"data.units.{name}={said}"
        for name, ends in self.hours.items():
            if len(ends) != 2 or not -240 <= ends[0] <= ends[1] <= 240:
                yield f"data.hours.{name}={[*ends]}: expected begin and end in hours from the date's 0:00, as [-15,9]"
        for name in self.own:
            if name in (*SCHEMA, *ELEMENTS, *_DERIVED) or not re.fullmatch(r"[A-Za-z]\w*", name):
                yield f"data.elements.{name}: expected a name of letters that is not taken yet"

    def _typed(self, raw: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
        """The columns of the daily table in its types; and what cannot be read of them, or not be believed."""
        if self.station:
            raw = raw.with_columns(station=pl.lit(self.station))
        names = [*SCHEMA, *(one for one in (*ELEMENTS, *self.own) if one not in SCHEMA and one in raw.columns)]
        columns, faults = {"line": raw["line"]}, dict[str, str]()
        for name in names:
            if name not in raw.columns:
                columns[name] = pl.Series(name, [None] * len(raw), SCHEMA[name])
                continue
            columns[name], wrong, said = self._read(name, raw[name])
            if name in KEY:
                wrong, said = wrong | raw[name].is_null(), said or "no station"
            if wrong.any():
                count, (line, text) = wrong.sum(), (one.filter(wrong)[0] for one in (raw["line"], raw[name]))
                faults[name] = f"{count} of {raw[name].count()} {said}, the first on line {line}: {quoted(text or '')}"
        table = pl.DataFrame(columns)
        if not {"temperature_max", "temperature_min"} & {*faults}:
            below = table.filter(pl.col("temperature_max") < pl.col("temperature_min"))
            if len(below):
                faults["temperature_max"] = f"{len(below)} below temperature_min, the first on line {below['line'][0]}"
        return table, [f"{self._called(name)}: {said}" for name, said in faults.items()]

    def _read(self, name: str, given: pl.Series) -> tuple[pl.Series, pl.Series, str]:
        """A column in its type, where it cannot be read or believed, and in words why not."""
        if name == "date":
            form = self.date_format or ISO
            found = _dates(given, form)
            wrong = given.is_not_null() & found.is_null()
            return found, wrong, f"are no dates as {form}{_other(given, wrong) if wrong.any() else ''}"
        if name not in (*ELEMENTS, *self.own):
            return given.cast(pl.String), pl.repeat(False, len(given), eager=True), ""
        given = given.replace(TRACE.get(name, ""), "0")
        value = given.cast(pl.Float64, strict=False)
        broken = given.is_not_null() & ~value.is_finite().fill_null(False)
        if name in self.own or broken.any():
            return value, broken, "are no numbers"
        element, unit = ELEMENTS[name], self.units.get(name, "")
        turned = conversion(unit, element.unit) if unit else ""
        if not isinstance(turned, str):  # what is wrong with it is said of the settings
            value = ((value - turned[0]) * turned[1]).round(9)
        outside = ~value.is_between(element.low, element.high).fill_null(True)
        mend = "leave them empty"
        if outside.sum() > _MANY * value.count():
            mend = f"data.units.{name} may be {', '.join(CONVERSIONS[element.unit])}"
        said = f", read as {unit}," if unit else ""
        return value, outside, f"are{said} not {element.expected} ({mend})"

    def _called(self, name: str) -> str:
        return f"column {quoted(self.columns[name])} ({name})" if name in self.columns else f"column {name}"


OWN = Layout()  # the daily table's columns, and no others


def _opened(path: str | Path) -> tuple[list[str], Iterator[pl.DataFrame]]:
    """The names of a file's columns, and its rows as text, named by their place, with their `line`."""
    if is_parquet(path):
        file = Parquet(path)
        text = [
            pl.nth(place).cast(pl.String, strict=False).str.strip_chars().alias(f"{place}")
            for place in range(len(file.columns))
        ]
        dates = [cs.datetime().dt.date(), ~cs.datetime()]
        return file.columns, (
            part.select(dates).select(file.columns).select(text).with_row_index("line", offset=above)
            for above, part in file.parts(_ROWS, pl.all())
        )
    table = open_table(blocks(path), f"{path}")
    return table.first, table.parts({f"{place}": place for place in range(len(table.first))})


def _dates(given: pl.Series, form: str) -> pl.Series:
    try:
        found = (given.str.to_datetime if _CLOCK.search(form) else given.str.to_date)(form, strict=False)
        written, found = found.dt.strftime(form), found.dt.date()
    except pl.exceptions.PolarsError:  # a form that is none
        return pl.Series(given.name, [None] * len(given), pl.Date)
    # The parser takes signs, blanks and years of any length too, 20 for the year 20; zeros in front may be left out.
    text, plain = (one.str.to_lowercase().str.replace_all("0", "") for one in (given, written))
    found = found.to_frame().select(pl.when((text == plain) & (found.dt.year() >= _FIRST)).then(given.name)).to_series()
    if form == ISO:  # the parser takes 2012-1-1 as well
        found = found.to_frame().select(pl.when(given.str.contains(r"^\d{4}-\d\d-\d\d$")).then(given.name)).to_series()
    return found


def _other(given: pl.Series, wrong: pl.Series) -> str:
    """What may be said of the dates instead: the usual forms that fit them all; nothing where few are wrong."""
    fitting = [form for form in _FORMATS if _dates(given, form).null_count() == given.null_count() < len(given)]
    if fitting:
        return f"; data.date_format={' or '.join(map(repr, fitting))} fits all"
    return "; say data.date_format" if wrong.sum() > _MANY * len(wrong) else ""


def _again(table: pl.DataFrame) -> Iterator[str]:
    """Of the first row whose station and day stand on an earlier one."""
    again = table.filter(~pl.struct(KEY).is_first_distinct())
    for line, station, day in again.select("line", *KEY).head(1).rows():
        yield f"{len(again)} rows of a day that another has, the first on line {line}: {day} of {quoted(station)}"
