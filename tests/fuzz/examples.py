"""Small files of every layout as their makers write them, never the same twice; each a function of a random source."""

import gzip
import io
from datetime import date, timedelta
from random import Random

import polars as pl

STATIONS = ("USW00013904", "GME00102380", "USC00417079")
ELEMENTS = ("TMAX", "TMIN", "PRCP", "SNOW", "AWND", "WT05", "WT16", "WDF2", "WSF2", "WDF5", "ADPT", "ASLP", "TSUN")
TIMES = ("2400", "0700", "1830", "0000", "700", "9999", "")  # of observation


def days(chance: Random, most: int = 9) -> list[date]:
    begin = date(1900, 1, 1) + timedelta(chance.randrange(45_000))
    return [begin + timedelta(day) for day in range(chance.randrange(2, most))]


def value(chance: Random, element: str) -> int:
    if element.startswith("WT"):
        return 1
    return chance.randrange(-400, 450) if element in ("TMAX", "TMIN") else chance.choice((0, 3, chance.randrange(999)))


def flags(chance: Random) -> tuple[str, str, str]:
    return chance.choice(("", "", "T")), chance.choice(("", "", "I")), chance.choice("WS0a1")


def quoted(chance: Random, lines: list[list[str]]) -> bytes:
    """Lines of CSV, with quotes around every value or where they are needed."""
    always = chance.random() < 0.5
    text = [",".join(f'"{cell}"' if cell and (always or "," in cell) else cell for cell in line) for line in lines]
    return ("\n".join(text) + "\n").encode()


def csv(chance: Random) -> bytes:
    names = ["station", "date", "temperature_max", "temperature_min", "precipitation", "snowfall", "wind", "weather"]
    rows = []
    for station in chance.sample(["Oslo", "São Paulo", "Washington, D.C."], 2):
        for day in days(chance):
            low = round(chance.uniform(-30, 30), 1)
            amounts = [chance.choice(["", "0", f"{chance.uniform(0, 40):.1f}"]) for _ in range(3)]
            kind = chance.choice(["rain", "sun", ""])
            rows.append([station, f"{day}", f"{low + chance.randrange(100) / 10:.1f}", f"{low}", *amounts, kind])
    order = chance.sample(range(len(names)), len(names))
    return quoted(chance, [[row[place] for place in order] for row in [names, *rows]])


def by_row(chance: Random) -> bytes:
    eight = chance.random() < 0.7
    rows = [
        [
            station,
            f"{day:%Y%m%d}",
            element,
            f"{value(chance, element)}",
            *flags(chance),
            *([chance.choice(TIMES)] if eight else []),
        ]
        for station in STATIONS[: chance.randrange(1, 4)]
        for day in days(chance, 5)
        for element in chance.sample(ELEMENTS, 3)
    ]
    heads = (
        "ID,DATE,ELEMENT,DATA_VALUE,M_FLAG,Q_FLAG,S_FLAG,OBS_TIME",
        "ID,YEAR/MONTH/DAY,ELEMENT,DATA VALUE,M-FLAG,Q-FLAG,S-FLAG,OBS-TIME",
    )
    header = [chance.choice(heads).split(",")[: 7 + eight]] if chance.random() < 0.5 else []
    return quoted(chance, header + rows)


def access(chance: Random) -> bytes:
    elements = chance.sample(ELEMENTS, 4)
    pairs = [name for element in elements for name in (element, f"{element}_ATTRIBUTES")]
    rows = [["STATION", "DATE", "LATITUDE", "LONGITUDE", "ELEVATION", "NAME", *pairs]]
    for day in days(chance):
        form = f"{day}" if chance.random() < 0.8 else f"{day.year}/{day.month}/{day.day}"
        cells = ["USW00013904", form, "30.18", "-97.68", "146.6", "AUSTIN, TX US"]
        for element in elements:
            if chance.random() < 0.2:
                cells += ["", ""]
            else:
                time = chance.choice(["", ",", ",2400", ",0700", ",null"])
                cells += [f"{value(chance, element):>5}", ",".join(flags(chance)) + time]
        rows.append(cells)
    return quoted(chance, rows)


def export(chance: Random) -> bytes:
    old, elements = chance.random() < 0.5, chance.sample(ELEMENTS, 4)
    flagged = not old and chance.random() < 0.3
    named = [name for one in elements for name in ((one, f"{one}_ATTRIBUTES") if flagged else (one,))]
    rows = [["STATION", "STATION_NAME" if old else "NAME", "DATE", *named]]
    for day in days(chance):
        cells = ["GHCND:USW00024233" if old else "USW00024233", "SEATTLE, WA US", f"{day:%Y%m%d}" if old else f"{day}"]
        for element in elements:
            if chance.random() < 0.2:
                cells += ["-9999" if old else "", *([""] * flagged)]
            else:
                one = value(chance, element)
                cells += [f"{one}" if old else f"{one / 10:.2f}", *([",".join(flags(chance)) + ",2400"] * flagged)]
        rows.append(cells)
    return quoted(chance, rows)


def dly(chance: Random) -> bytes:
    lines = []
    for element in chance.sample(ELEMENTS, 4):
        year, month, last = chance.choice(((2016, 2, 29), (2017, 2, 28), (1999, 12, 31)))
        text = f"{STATIONS[0]}{year}{month:02}{element}"
        for day in range(1, 32):
            blank = day > last or chance.random() < 0.3
            m, q, s = (one or " " for one in flags(chance))
            text += "-9999   " if blank else f"{value(chance, element):>5}{m}{q}{s}"
        lines.append(text.rstrip() if chance.random() < 0.2 else text)
    return ("\n".join(lines) + "\n").encode()


def places(chance: Random) -> bytes:
    lines = []
    for station in STATIONS:
        place = f"{chance.uniform(-90, 90):8.4f} {chance.uniform(-180, 180):9.4f}"
        height = chance.choice(["-999.9", f"{chance.uniform(0, 3000):6.1f}"])
        lines.append(f"{station} {place} {height} {chance.choice(['TX', '  '])} {'ST. JOHNS':<30} {'72254':>13}")
    return ("\n".join(lines) + "\n").encode()


def inventory(chance: Random) -> bytes:
    lines = []
    for station in STATIONS:
        place = f"{chance.uniform(-90, 90):8.4f} {chance.uniform(-180, 180):9.4f}"
        first = chance.randrange(1763, 2000)
        lines += [f"{station} {place} {one} {first} {first + 20}" for one in chance.sample(ELEMENTS, 3)]
    return ("\n".join(lines) + "\n").encode()


def parquet(chance: Random) -> bytes:
    rows = [
        (station, f"{day:%Y%m%d}", element, value(chance, element), *(flag or None for flag in flags(chance)))
        for station in STATIONS
        for day in days(chance)
        for element in ELEMENTS
    ]
    names = ["ID", "DATE", "ELEMENT", "DATA_VALUE", "M_FLAG", "Q_FLAG", "S_FLAG"]
    schema = {name: pl.Int64 if name == "DATA_VALUE" else pl.String for name in names}
    file, codec = io.BytesIO(), chance.choice(("snappy", "zstd", "gzip", "uncompressed"))
    pl.DataFrame(rows, schema, orient="row").write_parquet(file, compression=codec, row_group_size=50)
    return file.getvalue()


def knmi(chance: Random) -> bytes:
    names = ["TG", "TN", "TNH", "TX", "SQ", "RH", "PX", "PXH", "PN", "PNH", "VVN", "DDVEC", "FHVEC"]
    chosen = chance.sample(names, chance.randrange(3, len(names)))
    lines = [f"{chance.choice(('', '# '))}STN,YYYYMMDD,{','.join(f'{name:>5}' for name in chosen)}"]
    lines += [""] * chance.randrange(2)
    for station in chance.sample(("249", "260", "356"), chance.randrange(1, 3)):
        for day in days(chance):
            cells = [chance.choice((f"{chance.randrange(-1, 400):>5}", "     ")) for _ in chosen]
            lines.append(f"  {station},{day:%Y%m%d},{','.join(cells)}")
    above = 'BRON: KNMI\r\nTX = Maximum (0.1 \xb0C), sensor "A"\r\n\r\n' if chance.random() < 0.5 else ""
    content = (above + "\r\n".join(lines) + "\r\n").encode("latin-1")
    return gzip.compress(content, mtime=0) if chance.random() < 0.2 else content


def mapped(chance: Random) -> bytes:
    rows = [["DAY", "hi", "lo", "rain", "note"]]
    for when in days(chance):
        low = round(chance.uniform(-20, 80), 1)
        amount = chance.choice(["", "NA", "0", f"{chance.uniform(0, 3):.2f}"])
        rows.append([f"{when:%d/%m/%Y}", f"{low + chance.randrange(40):.1f}", f"{low}", amount, "a, b"])
    return quoted(chance, rows)


def bureau(chance: Random) -> bytes:
    names = ["MinTemp", "MaxTemp", "Rainfall", "Evaporation", "Sunshine", "WindGustDir", "WindGustSpeed", "WindDir9am"]
    names += ["WindDir3pm", "WindSpeed9am", "WindSpeed3pm", "Humidity9am", "Humidity3pm", "Pressure9am", "Pressure3pm"]
    names += ["Cloud9am", "Cloud3pm", "Temp9am", "Temp3pm", "RainTomorrow"]
    rows = [["Date", "Location", *names]]
    for place in ("Albury", "Cobar"):
        for when in days(chance, 5):
            row = [chance.choice(["N", "SSW", "NA"]) if "Dir" in one else f"{chance.randrange(8)}" for one in names]
            cells = dict(zip(names, row, strict=True)) | {"MaxTemp": "9.5", "RainTomorrow": "Yes"}
            cells |= {f"Pressure{hour}": f"{chance.randrange(990, 1030)}" for hour in ("9am", "3pm")}
            rows.append([place if one == "Location" else cells.get(one, f"{when}") for one in rows[0]])
    return quoted(chance, rows)


def daily_parquet(chance: Random) -> bytes:
    file, codec = io.BytesIO(), chance.choice(("snappy", "zstd", "gzip", "uncompressed"))
    table = pl.read_csv(csv(chance), try_parse_dates=chance.random() < 0.8)
    table.write_parquet(file, compression=codec, row_group_size=5)
    return file.getvalue()
