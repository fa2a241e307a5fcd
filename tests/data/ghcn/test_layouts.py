"""Every layout is recognised by its content and gives the same values; what is broken is said with its line."""

import gzip
from datetime import date

import polars as pl
import pytest

from stratus.data.ghcn.layouts import pieces, read
from stratus.errors import DataError

AUSTIN = "USW00013904"


def dly(element, values, station=AUSTIN, month="201702"):
    """A line of a .dly file: station, year and month, element, and 31 times value and three flags."""
    days = [values.get(day, (-9999, "   ")) for day in range(1, 32)]
    return f"{station}{month}{element}" + "".join(f"{value:>5}{flags}" for value, flags in days) + "\n"


HOT = dly("TMAX", {1: (239, "  W"), 2: (-5, " IW")}) + dly("PRCP", {1: (3, "T W")}) + dly("WT05", {2: (1, "  W")})
ROWS = f"""{AUSTIN},20170201,TMAX,239,,,W,2400
{AUSTIN},20170202,TMAX,-5,,I,W,
{AUSTIN},20170201,PRCP,3,T,,W,2400
{AUSTIN},20170202,WT05,1,,,W,
"""
SEVEN = "\n".join(line.rsplit(",", 1)[0] for line in ROWS.splitlines()) + "\n"
HEADED = "ID,DATE,ELEMENT,DATA_VALUE,M_FLAG,Q_FLAG,S_FLAG,OBS_TIME\n" + ROWS
ACCESS = f"""STATION,DATE,LATITUDE,LONGITUDE,NAME,PRCP,PRCP_ATTRIBUTES,TMAX,TMAX_ATTRIBUTES,WT05,WT05_ATTRIBUTES
"{AUSTIN}","2017-02-01","30.18","-97.68","AUSTIN, TX US","    3","T,,W,2400","  239",",,W",,
"{AUSTIN}","2017/2/2","30.18","-97.68","AUSTIN, TX US",,,"   -5",",I,W,null","    1",",,W"
"""
UNTIL = {SEVEN: [None, None], ACCESS: [24, None]}  # hours of the first two values, where they are not both 24


def write(folder, content, name="file"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def ordered(frame):
    return frame.sort("station", "date", "element")


def refusal(folder, content, **options):
    with pytest.raises(DataError) as caught:
        read(write(folder, content), **options)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(f"{folder}/")


def test_a_dly_file_gives_values_in_units_with_their_flags(tmp_path):
    assert ordered(read(write(tmp_path, HOT))).rows() == [
        (AUSTIN, date(2017, 2, 1), "PRCP", 0.3, "T", "", "W", None),
        (AUSTIN, date(2017, 2, 1), "TMAX", 23.9, "", "", "W", None),
        (AUSTIN, date(2017, 2, 2), "TMAX", -0.5, "", "I", "W", None),
        (AUSTIN, date(2017, 2, 2), "WT05", 1.0, "", "", "W", None),
    ]


@pytest.mark.parametrize("content", [ROWS, SEVEN, HEADED, ACCESS], ids=["eight", "seven", "headed", "access"])
@pytest.mark.parametrize(
    "packed", [str.encode, lambda text: gzip.compress(text.encode(), mtime=0)], ids=["plain", "gzip"]
)
def test_every_layout_gives_the_values_of_the_dly_file(tmp_path, content, packed):
    expected = ordered(read(write(tmp_path, HOT, "a")))
    found = ordered(read(write(tmp_path, packed(content), "b")))
    assert found.drop("until").equals(expected.drop("until"))
    assert found["until"].to_list() == [*UNTIL.get(content, [24, 24]), None, None]


@pytest.mark.parametrize("size", [1, 60, 300, 10_000])
@pytest.mark.parametrize("content", [HOT, ROWS, SEVEN, HEADED, ACCESS])
def test_a_file_read_in_pieces_is_the_file(tmp_path, content, size):
    path = write(tmp_path, content)
    assert ordered(pl.concat(pieces(path, size=size))).equals(ordered(read(path)))


@pytest.mark.parametrize("size", [1, 60, 300, 10_000])
@pytest.mark.parametrize("content", [HOT, ROWS, HEADED, ACCESS])
def test_a_line_broken_in_a_later_piece_is_said_with_its_number(tmp_path, content, size):
    lines = content.splitlines(keepends=True)
    lines[-1] = lines[-1].replace("    1", "    x").replace(",1,", ",x,")
    with pytest.raises(DataError, match=rf"line {len(lines)}\b"):
        list(pieces(write(tmp_path, "".join(lines)), size=size))


def test_the_buckets_parquet_takes_the_element_from_its_path(tmp_path):
    folder = tmp_path / "YEAR=2017" / "ELEMENT=TMAX"
    folder.mkdir(parents=True)
    columns = {"ID": [AUSTIN], "DATE": ["20170201"], "DATA_VALUE": [239], "M_FLAG": [None], "Q_FLAG": [None]}
    frame = pl.DataFrame({**columns, "S_FLAG": ["W"], "OBS_TIME": [None]})
    frame.write_parquet(folder / "x.snappy.parquet")
    assert read(folder / "x.snappy.parquet").rows() == [(AUSTIN, date(2017, 2, 1), "TMAX", 23.9, "", "", "W", None)]
    frame.write_parquet(tmp_path / "bare.parquet")
    with pytest.raises(DataError, match="ELEMENT="):
        read(tmp_path / "bare.parquet")


def test_an_old_export_is_in_tenths_and_marks_what_is_missing(tmp_path):
    text = f"STATION,STATION_NAME,DATE,PRCP,SNOW,TMAX,WT05\nGHCND:{AUSTIN},AUSTIN TX US,20170201,3,-9999,239,-9999\n"
    assert [row[2:4] for row in ordered(read(write(tmp_path, text))).rows()] == [("PRCP", 0.3), ("TMAX", 23.9)]


def test_a_new_export_must_be_told_its_units(tmp_path):
    text = f'"STATION","NAME","DATE","AWND","PRCP","TMAX"\n"{AUSTIN}","AUSTIN, TX US","2017-02-01","10","0.50","50"\n'
    assert "data.units" in refusal(tmp_path, text)
    standard = dict(ordered(read(write(tmp_path, text), units="standard")).select("element", "value").rows())
    assert standard == pytest.approx({"AWND": 4.4704, "PRCP": 12.7, "TMAX": 10.0})
    metric = dict(read(write(tmp_path, text), units="metric").select("element", "value").rows())
    assert metric == {"AWND": 10.0, "PRCP": 0.5, "TMAX": 50.0}


FURTHER = {  # as NOAA publishes it, in metric and in standard units, and what it is
    "ADPT": (-12, -1.2, 29.84, -1.2),  # °C
    "ASLP": (10132, 1013.2, 29.92, 1013.2),  # hPa
    "EVAP": (254, 25.4, 1, 25.4),  # mm
    "RHAV": (71, 71, 71, 71),
    "SNWD": (254, 254, 10, 254),
    "TAVG": (100, 10, 50, 10),
    "TSUN": (90, 90, 90, 90),
    "WDF2": (270, 270, 270, 270),
    "WSF2": (45, 4.5, 10.07, 4.5),  # m/s
}


@pytest.mark.parametrize("form", ["dly", "by year", "access", "old", "metric", "standard"])
def test_further_elements_have_their_units_in_every_layout(tmp_path, form):
    tenths, metric, standard, expected = (
        dict(zip(FURTHER, one, strict=True)) for one in zip(*FURTHER.values(), strict=True)
    )
    columns, old = ",".join(FURTHER), ",".join(map(str, tenths.values()))
    exported = {"metric": metric, "standard": standard}.get(form, {})
    new = ",".join(map(str, exported.values()))
    text = {
        "dly": "".join(dly(element, {1: (value, "  W")}) for element, value in tenths.items()),
        "by year": "".join(f"{AUSTIN},20170201,{element},{value},,,W,\n" for element, value in tenths.items()),
        "access": f"STATION,DATE,NAME,{columns},PSUN\n{AUSTIN},2017-02-01,AUSTIN,{old},55\n",
        "old": f"STATION,STATION_NAME,DATE,{columns},PSUN\nGHCND:{AUSTIN},AUSTIN,20170201,{old},55\n",
    }.get(form, f"STATION,NAME,DATE,{columns},PSUN\n{AUSTIN},AUSTIN,2017-02-01,{new},55\n")
    found = read(write(tmp_path, text), units=form if exported else None)
    assert dict(found.select("element", "value").rows()) == pytest.approx(expected, rel=1e-3)


def test_a_dly_line_that_lost_the_blanks_at_its_end_is_whole(tmp_path):
    line = dly("TMAX", {1: (239, "  W")})
    assert read(write(tmp_path, line.rstrip() + "\n")).equals(read(write(tmp_path, line)))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HOT + HOT[:100], "file, line 4: the file breaks off within this line"),
        (HOT + HOT[:100] + "\n", "file, line 4: 100 characters"),
        (HOT.replace("  239", "  2x9"), "file, line 1: '  2x9' for day 1"),
        (dly("TMAX", {30: (100, "  W")}), "file, line 1: a value for day 30"),
        (ROWS.replace("20170202,WT05", "20170231,WT05"), "file, line 4, date: '20170231'"),
        (ROWS.replace(",-5,", ",cold,"), "file, line 2, value: 'cold'"),
        (ROWS.replace(",-5,", ",inf,"), "file, line 2, value: 'inf'"),
        (ROWS.replace(",I,W", ",II,W"), "file, line 2, quality: 'II'"),
        (HEADED.replace("20170202,WT05", "20170231,WT05"), "file, line 5, date: '20170231'"),
        (HEADED.replace("DATA_VALUE", '"DATA_VALUE'), "file, line 1: "),
        ("a,b,c\n1,2,3\n", "file, line 1: no known layout"),
        ("", "file is empty"),
        (gzip.compress(ROWS.encode(), mtime=0)[:40], "file: cannot be read"),
        (b"PAR1 and no more", "file: not a readable Parquet file"),
    ],
)
def test_what_is_broken_is_said_with_file_and_line(tmp_path, content, said):
    assert refusal(tmp_path, content).startswith(said)


OLD = f"STATION,DATE,TMAX,PRCP\nGHCND:{AUSTIN},20170201,239,196\nGHCND:{AUSTIN},20170202,-5,19\n".replace(
    "STATION,DATE", "STATION,STATION_NAME,DATE"
).replace(",2017", ",AUSTIN TX US,2017")


@pytest.mark.parametrize("content", [HOT, ROWS, SEVEN, HEADED, ACCESS, OLD])
def test_a_file_cut_off_within_a_line_is_noticed(tmp_path, content):
    begin = content.rstrip("\n").rfind("\n") + 1
    for end in range(begin + 1, len(content)):
        message = refusal(tmp_path, content[:end])
        assert message.startswith(f"file, line {content.count(chr(10))}: the file breaks off within this line")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HEADED.replace("Q_FLAG,", ""), "file, line 1: no column of the quality; expected ID, DATE"),
        (HEADED.replace("M_FLAG", "Q_FLAG"), "file, line 1: the column 'Q_FLAG' stands there more than once"),
        (HEADED.replace("OBS_TIME", "S-FLAG"), "file, line 1: the column 'source' stands there more than once"),
        (ACCESS.replace("TMAX_ATTRIBUTES", "TMAX"), "file, line 1: the column 'TMAX' stands there more than once"),
        (ACCESS.replace("TMAX,TMAX", "TMIN,TMAX"), "file, line 1: no column 'TMAX'; an element and its attributes"),
        (ACCESS.replace("PRCP_ATTRIBUTES", "X"), "file, line 1: no column 'PRCP_ATTRIBUTES'; an element and its"),
        (ACCESS.replace(",I,W,null", ""), "file, line 3, attributes: ''; expected flags as"),
        (
            ROWS.replace("20170202,TMAX", "2017022,TMAX"),
            "file, line 2, date: '2017022'; expected a real day as YYYYMMDD",
        ),
        (ROWS.replace(",-5,", ",-.5,"), "file, line 2, value: '-.5'; expected a whole number"),
        (ROWS.replace(",,W,2400", ",W,2400", 1), "file, line 2: 8 values; expected 7"),
        (ROWS.replace(",T,,W,2400", ",T"), "file, line 3: 5 values; expected 8, one a column"),
        (ROWS.replace("\n", "\r"), None),
        ("\ufeff" + HEADED, None),
        (ROWS.encode("utf-16"), "file, line 1: a NUL byte, as UTF-16"),
        (ROWS.replace(",T,", ",\xe9,").encode("latin-1"), "file, line 3: not UTF-8 text (byte 0xe9)"),
    ],
)
def test_damaged_headers_rows_and_encodings_are_said(tmp_path, content, said):
    if said is None:
        expected = ordered(read(write(tmp_path, HOT, "a")))
        assert ordered(read(write(tmp_path, content))).drop("until").equals(expected.drop("until"))
        return
    assert refusal(tmp_path, content).startswith(said)


def test_an_export_with_flags_is_in_the_units_it_is_said_to_have(tmp_path):
    text = f'STATION,NAME,DATE,TMAX,TMAX_ATTRIBUTES\n{AUSTIN},AUSTIN,2017-02-01,50,",I,W,2400"\n'
    assert "data.units" in refusal(tmp_path, text)
    assert read(write(tmp_path, text), units="standard").rows()[0][3:] == (10.0, "", "I", "W", 24)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read(tmp_path / "nothing")
