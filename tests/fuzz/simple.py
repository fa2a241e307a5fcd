"""Readers of a dozen lines each, written with Python's csv module from the formats' descriptions.

They give the values of a file as rows, or raise ValueError where they are not sure of one.
"""

import csv
import gzip
import io
import re
import zlib
from datetime import date, datetime

BLANKS = " \t\n\v\f\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
DEGREES, SPEEDS = {"TMAX", "TMIN", "TAVG", "ADPT"}, {"AWND", "WSF1", "WSF2", "WSF5", "WSFG"}
TENTHS = DEGREES | SPEEDS | {"PRCP", "EVAP", "ASLP"}
WHOLE = {"SNOW", "SNWD", "WDF1", "WDF2", "RHAV", "RHMX", "RHMN", "TSUN", "ACMH", "ACSH", "WT04", "WT05"}
KNOWN = TENTHS | WHOLE
STANDARD = dict.fromkeys(SPEEDS, 0.44704) | dict.fromkeys(("PRCP", "EVAP", "SNOW", "SNWD"), 25.4) | {"ASLP": 33.8639}
KNMI = {"DDVEC", "FHVEC", "FG", "FHX", "FXX", "TG", "TN", "TX", "T10N", "SQ", "SP", "Q", "DR", "RH", "RHX", "PG"}
KNMI |= {"PX", "PXH", "PN", "PNH", "VVN", "NG", "UG", "UX", "UN", "EV24"}
NOT_USED = {"STN", "YYYYMMDD", "FHXH", "FHN", "FHNH", "FXXH", "TNH", "TXH", "T10NH", "RHXH", "VVNH", "VVX", "VVXH"}
NOT_USED |= {"UXH", "UNH"}
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


COLUMNS = ("hi", "lo", "rain")


def sure(true: object) -> None:
    if not true:
        raise ValueError


def text_of(content: bytes, errors: str = "strict", encoding: str = "utf-8") -> str:
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            raise ValueError from None
    sure(b"\0" not in content)
    return content.removeprefix(b"\xef\xbb\xbf").decode(encoding, errors).replace("\r\n", "\n").replace("\r", "\n")


def table(text: str) -> list[list[str]]:
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error:
        raise ValueError from None
    sure(rows and all(len(row) == len(rows[0]) for row in rows))
    return [[cell.strip(BLANKS) for cell in row] for row in rows]


def number(text: str) -> float:
    sure(NUMBER.fullmatch(text))
    return float(text)


def whole(text: str) -> int:
    sure(re.fullmatch("[+-]?[0-9]+", text))
    return int(text)


def day(text: str, pattern: str, form: str) -> date:
    sure(re.fullmatch(pattern, text))
    return datetime.strptime(text, form).date()


def compact(text: str) -> date:
    return day(text, "[12][0-9]{7}", "%Y%m%d")


def iso(text: str) -> date:
    return day(text.replace("/", "-") if "-" not in text else text, "[12][0-9]{3}-[0-9]{1,2}-[0-9]{1,2}", "%Y-%m-%d")


def measured(station, when, element, value, flags, *, time="", units=None):
    sure(re.fullmatch("[A-Z0-9_-]{11}", station))
    sure(all(len(flag.encode()) <= 1 for flag in flags))
    if units is None:
        amount = round(whole(value) / 10, 1) if element in TENTHS else float(whole(value))
    elif element in DEGREES:
        amount = (number(value) - 32) / 1.8
    else:
        amount = number(value) * STANDARD.get(element, 1)
    missing = number(value) == -9999
    told = int(time) if re.fullmatch("[+-]?[0-9]+", time) else -1
    until = (told // 100 + told % 100 / 60 or 24.0) if 0 <= told <= 2400 and told % 100 < 60 else None
    return [] if missing or element not in KNOWN else [(station, when, element, amount, *flags, until)]


def rows_of_ghcn(content: bytes):
    """By-year, by-station, access and Climate Data Online files."""
    text = text_of(content)
    sure(text.endswith("\n"))
    head, *rows = table(text)
    if re.fullmatch("[A-Z]{2}[A-Z0-9_-]{9}", head[0]) and re.fullmatch("[0-9]{8}", head[1]):
        sure(len(head) in (7, 8))
        return by_row([head, *rows], range(len(head)))
    sure(len(set(filter(None, head))) == len(list(filter(None, head))))
    if "ELEMENT" in head:
        plain = [re.sub("[^A-Z]", "", name).replace("YEARMONTHDAY", "DATE") for name in head]
        plain = ["VALUE" if name == "DATAVALUE" else name for name in plain]
        names = ("ID", "DATE", "ELEMENT", "VALUE", "MFLAG", "QFLAG", "SFLAG")
        sure(all(plain.count(name) == 1 for name in names))
        sure(plain.count("OBSTIME") <= 1)
        return by_row(rows, [plain.index(name) for name in (*names, "OBSTIME") if name in plain])
    return by_day(head, rows)


def by_row(rows, places):
    found = []
    for row in rows:
        station, when, element, value, *rest = (row[place] for place in places)
        sure(re.fullmatch("[A-Z0-9]{4}", element))
        found += measured(station, compact(when), element, value, rest[:3], time="".join(rest[3:]))
    return found


def by_day(head, rows):
    station, when = head.index("STATION"), head.index("DATE")
    tenths = (station, when) == (0, 1)
    old = not tenths and bool(rows) and re.fullmatch("[0-9]{8}", rows[0][when])
    found = []
    for row in rows:
        for element in KNOWN & set(head):
            value, flags = row[head.index(element)], ["", "", ""]
            if any(name.endswith("_ATTRIBUTES") for name in head):
                flags = row[head.index(f"{element}_ATTRIBUTES")].split(",")
            if value:
                sure(len(flags) in (3, 4))
                date_ = (compact if old else iso)(row[when])
                units = None if tenths or old else "standard"
                found += measured(
                    row[station].removeprefix("GHCND:"),
                    date_,
                    element,
                    value,
                    flags[:3],
                    time="".join(flags[3:]),
                    units=units,
                )
    return found


def rows_of_dly(content: bytes):
    text = text_of(content, "replace")
    sure(text.endswith("\n"))
    found = []
    for line in text.split("\n")[:-1]:
        sure(266 <= len(line) <= 269 and line.isascii())
        for number_ in range(31):
            cell = line.ljust(269)[21 + 8 * number_ : 29 + 8 * number_]
            if cell.startswith("-9999"):
                continue
            when = date(int(line[11:15]), int(line[15:17]), number_ + 1)
            flags = [flag.strip(BLANKS) for flag in cell[5:]]
            sure(re.fullmatch(" *-?[0-9]+", cell[:5]))
            found += measured(line[:11], when, line[17:21], cell[:5].strip(), flags)
    return found


def rows_of_knmi(content: bytes):
    text = text_of(content, encoding="latin-1")
    found = re.search(r"^(?:#[ \t]*)?(STN,YYYYMMDD(?:,|$).*)", text, re.MULTILINE | re.DOTALL)
    sure(found and text.endswith("\n"))
    head, *rows = table(found[1].encode("latin-1").decode())
    used = [place for place, name in enumerate(head) if name in KNMI]
    sure(used and len(set(head)) == len(head) and set(head) <= KNMI | NOT_USED)
    result = []
    for row in rows:
        sure(re.fullmatch("[1-9][0-9]{2}", row[0]))
        numbers = [whole(row[place]) if row[place] else None for place in used]
        sure(all(-(2**31) <= one < 2**31 for one in numbers if one is not None))
        result.append((row[0], compact(row[1]), *numbers))
    return result


def rows_of_csv(content: bytes):
    head, *rows = table(text_of(content))
    amounts = ("temperature_max", "temperature_min", "precipitation", "snowfall", "wind")
    found = {}
    for row in rows:
        cells = {**dict.fromkeys((*amounts, "weather"), ""), **dict(zip(head, row, strict=True))}
        when = day(cells["date"], "[0-9]{4}-[0-9]{2}-[0-9]{2}", "%Y-%m-%d")
        high, low, *rest = (number(cells[name]) if cells[name] else None for name in amounts)
        sure(all(-90 <= one <= 60 for one in (high, low) if one is not None))
        sure(all(0 <= one <= 3e38 for one in rest if one is not None))
        sure(high is None or low is None or high >= low)
        sure(cells["station"] and (cells["station"], when) not in found)
        found[cells["station"], when] = (cells["station"], when, high, low, *rest, cells["weather"] or None)
    sure(found and len(set(head)) == len(head))
    return list(found.values())


def rows_of_mapped(content: bytes):
    """Columns DAY (dd/mm/yyyy), hi and lo (°F), rain (inches) and others, of one station."""
    head, *rows = table(text_of(content))
    head[0] = head[0].lstrip("\ufeff")  # a second mark says as little as the first
    sure(rows and all(head.count(name) == 1 for name in ("DAY", "hi", "lo", "rain")))
    found = {}
    for row in rows:
        cells = dict(zip(head, row, strict=True))
        when = day(cells["DAY"], "[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}", "%d/%m/%Y")
        given = ["" if cells[name] in ("NA", "NaN", "nan", "null", "None", "-") else cells[name] for name in COLUMNS]
        high, low, rain = (number(one) if one else None for one in given)
        high, low = (None if one is None else round((one - 32) / 1.8, 9) for one in (high, low))
        rain = None if rain is None else round(rain * 25.4, 9)
        sure(all(-90 <= one <= 60 for one in (high, low) if one is not None))
        sure((rain is None or 0 <= rain <= 3e38) and (high is None or low is None or high >= low) and when not in found)
        found[when] = ("Oslo", when, high, low, rain, None, None, None)
    return list(found.values())


def rows_of_bureau(content: bytes):
    """Place, day and seven plain values of the Bureau's table; values beyond belief are left out."""
    text = text_of(content)
    sure(text.endswith("\n"))
    head, *rows = table(text)
    ranges = {"MaxTemp": (-90, 60), "MinTemp": (-90, 60), "Rainfall": (0, 3e38), "Pressure3pm": (850, 1090)}
    sure(all(head.count(name) == 1 for name in ("Date", "Location", *ranges)))
    found = []
    for row in rows:
        cells = dict(zip(head, ("" if one == "NA" else one for one in row), strict=True))
        values = {one: number(cells[one]) if cells[one] else None for one in ranges}
        high, low, rain, pressure = (
            None if one is None or not ranges[name][0] <= one <= ranges[name][1] else one
            for name, one in values.items()
        )
        if None not in (values["MaxTemp"], values["MinTemp"]) and values["MaxTemp"] < values["MinTemp"]:
            high = low = None
        when = day(cells["Date"], "[0-9]{4}-[0-9]{2}-[0-9]{2}", "%Y-%m-%d")
        found.append((cells["Location"], when, high, low, rain, pressure))
    return found


def placed(content: bytes, columns) -> list[list[str]]:
    text = text_of(content, "replace")
    sure(text.endswith("\n"))
    lines = filter(str.strip, text.split("\n"))
    return [[line[begin - 1 : end].strip(BLANKS) for begin, end in columns] for line in lines]


def known(height: str) -> float | None:
    return number(height) if number(height) > -999.9 else None


def rows_of_places(content: bytes):
    columns = ((1, 11), (13, 20), (22, 30), (32, 37), (39, 40), (42, 71))
    return [
        (
            station,
            number(north),
            number(east),
            None if number(height) <= -999.9 else number(height),
            state or None,
            name,
        )
        for station, north, east, height, state, name in placed(content, columns)
    ]


def rows_of_inventory(content: bytes):
    columns = ((1, 11), (13, 20), (22, 30), (32, 35), (37, 40), (42, 45))
    return [
        (station, number(north), number(east), element, whole(first), whole(last))
        for station, north, east, element, first, last in placed(content, columns)
    ]
