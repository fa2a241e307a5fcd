"""From the settings of a source to its table: files of one's own, and stations fetched once and kept."""

import calendar
import shutil
from contextlib import contextmanager
from datetime import date
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import bureau
import polars as pl
import pytest
from omegaconf import OmegaConf
from polars.testing import assert_frame_equal

from stratus.data.daily_table import read_csv
from stratus.data.ghcn.stations import TEXAS
from stratus.errors import ConfigurationError, DataError
from stratus.files import sha256
from stratus.runs.received import check
from stratus.settings.data import AustraliaData, CsvData, GhcnData, KnmiData, source_from_record

ROOT = Path(__file__).parents[2]
AUSTIN = "USW00013904"


@pytest.fixture
def archive(tmp_path):
    """A folder laid out as NOAA's, with a station's year 2017: 20 and 10 °C throughout, 1.5 mm on each month's 3rd."""
    lines = []
    for month in range(1, 13):
        days = calendar.monthrange(2017, month)[1]
        for element, value in (("TMAX", 200), ("TMIN", 100), ("PRCP", 0)):
            values = [15 if element == "PRCP" and day == 3 else value for day in range(1, days + 1)]
            values += [-9999] * (31 - days)
            lines.append(f"{AUSTIN}2017{month:02}{element}" + "".join(f"{v:>5}  W" for v in values))
    folder = tmp_path / "archive"
    (folder / "all").mkdir(parents=True)
    (folder / f"all/{AUSTIN}.dly").write_text("\n".join(lines) + "\n")
    return folder


def loaded(data):
    found = data.load()
    (table,) = found.observations.parts()
    return table, found.provenance


@contextmanager
def served(folder):
    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(folder))

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_station_is_fetched_on_first_use_and_read_offline_afterwards(archive, tmp_path, monkeypatch):
    monkeypatch.setenv("STRATUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("http_proxy", raising=False)
    settings = {"station": AUSTIN, "names": {AUSTIN: "Austin"}}
    with served(archive) as source:
        table, facts = loaded(GhcnData(**settings, source=source))
    assert table.height == 365
    assert table["station"].unique().to_list() == ["Austin"]
    wet = table.filter(pl.col("precipitation") > 0)
    assert wet["date"].to_list() == [date(2017, month, 3) for month in range(1, 13)]
    assert wet["weather"].unique().to_list() == ["rain"]
    assert facts.sha256 == sha256(archive / f"all/{AUSTIN}.dly")
    later, _ = loaded(GhcnData(**settings, source=source, offline=True))
    assert_frame_equal(later, table)
    again, _ = loaded(source_from_record(facts.source))
    assert_frame_equal(again, table)


def test_a_station_that_is_not_cached_cannot_be_had_offline(tmp_path, monkeypatch):
    monkeypatch.setenv("STRATUS_CACHE", str(tmp_path))
    with pytest.raises(DataError, match="while not offline"):
        GhcnData(station=AUSTIN, offline=True).load()


def test_files_are_named_with_stars(archive):
    table, facts = loaded(GhcnData(path=str(archive / "all/*.dly")))
    assert (table.height, facts.days, facts.stations) == (365, 365, [AUSTIN])
    with pytest.raises(DataError, match="there is no such file"):
        GhcnData(path=str(archive / "*.csv")).load()


def test_data_ghcn_needs_a_station_or_files():
    with pytest.raises(ConfigurationError, match=r"data\.station"):
        GhcnData()


@pytest.fixture
def dutch(tmp_path):
    """KNMI's files of two stations, one of them unknown here."""
    for number in (260, 999):
        rows = "".join(f"{number},202001{day:02},{day},0\n" for day in range(1, 32))
        (tmp_path / f"etmgeg_{number}.txt").write_text(f"STN,YYYYMMDD,TX,RH\n{rows}")
    return tmp_path / "etmgeg_*.txt"


def test_stations_of_knmi_have_their_names_where_one_is_known_or_given(dutch):
    table, facts = loaded(KnmiData(path=str(dutch)))
    assert facts.stations == ["999", "De Bilt"]
    assert facts.sha256 == [sha256(file) for file in facts.file]
    assert facts.dropped == {"impossible": 0}
    named, facts = loaded(KnmiData(path=str(dutch), stations=["999"], names={"999": "Elsewhere"}))
    assert (facts.stations, facts.days) == (["Elsewhere"], 31)
    assert_frame_equal(named.drop("station"), table.filter(station="999").drop("station"))
    again, _ = loaded(source_from_record(facts.source))
    assert_frame_equal(again, named)
    assert loaded(KnmiData(path=str(dutch), stations=["De Bilt"]))[1].stations == ["De Bilt"]


def test_a_station_or_file_of_knmi_that_is_not_there_is_said(dutch):
    with pytest.raises(DataError, match="no station '261'; expected '260' \\(De Bilt\\) or '999'"):
        KnmiData(path=str(dutch), stations=["261"]).load()
    with pytest.raises(DataError, match="there is no such file"):
        KnmiData(path="none*").load()


def test_a_run_is_held_against_the_files_of_knmi_that_it_was_trained_on(dutch):
    _, facts = loaded(KnmiData(path=str(dutch)))
    check(facts, "put it back")
    with open(facts.file[1], "a") as file:
        file.write("999,20200301,1,1\n")
    with pytest.raises(DataError, match=r"999\.txt is not the file that the run was trained on.*put it back"):
        check(facts, "put it back")
    shutil.copy(facts.file[0], dutch.with_name("etmgeg_1.txt"))
    with pytest.raises(DataError):
        check(facts, "put it back")


def test_the_shipped_table_says_what_it_is():
    path = str(ROOT / "data/weather.csv")
    table, facts = loaded(CsvData(path=path, stations=["Seattle"]))
    assert_frame_equal(table, read_csv(path).filter(pl.col("station") == "Seattle"))
    assert (facts.file, facts.sha256, facts.days) == (path, sha256(path), 1461)


def test_texas_means_the_same_stations_to_data_and_to_fetch():
    file = OmegaConf.load(ROOT / "conf/data/texas.yaml")
    assert tuple(file.data.stations) == TEXAS
    assert set(file.data.names) == set(TEXAS)


def test_the_hours_of_a_file_are_its_stations_by_the_names_they_are_shown_by(tmp_path):
    file = tmp_path / "2017.csv"
    file.write_text("".join(f"USC00417079,201701{k:02},PRCP,3,,,W,0700\n" for k in range(1, 29)))
    found = GhcnData(path=str(file), station="USC00417079", names={"USC00417079": "Hills"}).load()
    assert found.observations.clocks.of("Hills", "precipitation") == (-17, 7)
    assert found.provenance.hours == {"Hills": {"precipitation": [-17, 7], "weather": [-17, 24]}}


OTHER = {
    "columns": {"date": "DAY", "temperature_max": "hi", "temperature_min": "lo", "precipitation": "rain"},
    "units": {"temperature_max": "degF", "temperature_min": "degF", "precipitation": "inch"},
    "elements": {"soil": "degC"},
    "hours": {"precipitation": [-15, 9]},
    "station": "Oslo",
}


@pytest.mark.parametrize(
    ("text", "soil"),
    [
        ("DAY,hi,lo,rain,soil\n2020-01-01,50,32,1,7\n", 7),
        ("station,date,temperature_max,temperature_min,precipitation,soil\nOslo,2020-01-01,10,0,25.4,7\n", 7),
    ],
)
def test_new_days_of_a_mapped_run_may_be_in_either_layout(tmp_path, text, soil):
    settings = CsvData(path=f"{tmp_path / 'first'}", **OTHER)
    (tmp_path / "later").write_text(text)
    found = settings.at(f"{tmp_path / 'later'}")
    names = ["station", "date", "temperature_max", "temperature_min", "precipitation", "soil"]
    assert found.table.select(names).rows() == [("Oslo", date(2020, 1, 1), 10, 0, 25.4, soil)]
    assert found.clocks.of("Oslo", "precipitation") == (-15, 9)


def test_new_days_of_other_sources_may_be_in_either_layout(archive, tmp_path):
    (tmp_path / "weatherAUS.csv").write_text(bureau.text(bureau.line(Rainfall=2)))
    (tmp_path / "plain.csv").write_text(
        "station,date,temperature_max,temperature_min,precipitation\nAlbury,2020-01-01,,,2\n"
    )
    for name in ("weatherAUS.csv", "plain.csv"):
        found = AustraliaData(path="x").at(f"{tmp_path / name}")
        assert found.table["precipitation"].to_list() == [2]
        assert found.clocks.of("Albury", "temperature_max") == (9, 33)
    ghcn = GhcnData(station="GME00102380", names={AUSTIN: "Austin"})
    assert ghcn.at(f"{archive}/all/{AUSTIN}.dly").stations == ["Austin"]
    assert ghcn.at(f"{tmp_path}/plain.csv").stations == ["Albury"]


def test_a_record_keeps_how_a_file_is_laid_out(tmp_path):
    (tmp_path / "file").write_text("DAY,hi,lo,rain,soil\n2020-01-01,50,32,1,7\n")
    found = CsvData(path=f"{tmp_path / 'file'}", **OTHER).load()
    again = source_from_record(found.provenance.source)
    assert_frame_equal(again.load().observations.table, found.observations.table)
    assert again.own == {"soil": "degC"}


@pytest.mark.parametrize("wrong", [4, 15])
def test_more_than_a_percent_of_impossible_values_is_warned_of(tmp_path, caplog, wrong):
    rows = [f"{AUSTIN},AUSTIN,2017-{1 + k // 28:02}-{1 + k % 28:02},{99 if k < wrong else 15},5" for k in range(300)]
    (path := tmp_path / "export.csv").write_text("\n".join(["STATION,NAME,DATE,TMAX,TMIN", *rows]) + "\n")
    _, provenance = loaded(GhcnData(path=f"{path}", units="metric"))
    assert provenance.dropped["impossible"] == wrong
    assert (f"export.csv: {wrong} of 600 values are impossible and left out" in caplog.text) == (wrong > 6)


def test_a_later_file_may_lack_the_station_where_there_is_only_one(tmp_path):
    (path := tmp_path / "later.csv").write_text(
        "date,temperature_max,temperature_min,precipitation\n2020-01-01,3,1,0\n"
    )
    own = {"date": "DAY", "precipitation": "rain"}
    sources = [
        CsvData(path="x"),
        CsvData(path="x", columns=own, station="Oslo"),
        AustraliaData(path="x"),
        KnmiData(path="x"),
    ]
    sources += [CsvData(path="x", columns=own | {"station": "PLACE"}), CsvData(path="x", units={"precipitation": "cm"})]
    for source in sources:
        assert source.at(f"{path}", "Oslo").stations == ["Oslo"]
    for source in (sources[0], *sources[2:5]):
        with pytest.raises(DataError, match=r"later\.csv, line 1, columns missing: station; expected station, date"):
            source.at(f"{path}")
