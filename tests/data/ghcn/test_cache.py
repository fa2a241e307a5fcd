"""Fetching from a server that misbehaves: the copy in the cache is whole, or as it was before."""

import gzip
import logging
import os
import resource
import shutil
import socket
import ssl
import stat
import subprocess
import time
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest
import real
from hypothesis import given, settings
from hypothesis import strategies as st

from stratus.data.ghcn.cache import fetch, station_files
from stratus.data.ghcn.connection import RetryPolicy
from stratus.data.ghcn.layouts import read
from stratus.errors import DataError

AUSTIN = "all/USW00013904.dly"
QUICK = RetryPolicy(connect=1, read=0.2, attempts=3, backoff=0.01, longest=1)


def dly_line(station, year, month, element, values):
    """A line as NOAA's readme.txt lays it out: 31 days, what is missing is -9999."""
    days = [*values, *[-9999] * (31 - len(values))]
    return f"{station}{year}{month:02d}{element}" + "".join(f"{value:5d}  X" for value in days) + "\n"


def dly(station="USW00013904", celsius=20, years=range(2000, 2025)):
    lines = [
        dly_line(station, year, month, element, [10 * celsius + month] * 28)
        for year in years
        for month in range(1, 13)
        for element in ("TMAX", "TMIN", "PRCP")
    ]
    return "".join(lines).encode()


BODY = dly()  # 243 kB, several reads of a socket
YEAR = b"".join(b"USW00013904,2017%02d01,TMAX,%d,,,W,\n" % (month, 200 + month) for month in range(1, 13))


# --- the server: each answer is a function of the request's handler


def reply(body=BODY, status=200, *, sent=None, **headers):
    """The body, or of it the first `sent` bytes and then the end of the connection."""

    def answer(handler):
        handler.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            handler.send_header(name.replace("_", "-"), str(value))
        handler.end_headers()
        handler.wfile.write(body[:sent])
        handler.close_connection = sent is not None

    return answer


def ranged(body=BODY, *, mark, sent=None, obey=True):
    """As a server that knows ranges answers; without `obey` one that knows no If-Range."""

    def answer(handler):
        asked, condition = handler.headers["Range"], handler.headers["If-Range"]
        if not asked or (obey and condition != mark):
            return reply(body, sent=sent, ETag=mark)(handler)
        begin = int(asked.removeprefix("bytes=").removesuffix("-"))
        if begin >= len(body):
            return reply(b"", 416, Content_Range=f"bytes */{len(body)}")(handler)
        extent = f"bytes {begin}-{len(body) - 1}/{len(body)}"
        return reply(body[begin:], 206, sent=sent, ETag=mark, Content_Range=extent)(handler)

    return answer


def stall(after):
    def answer(handler):
        if after is not None:
            reply(sent=after)(handler)
        handler.server.over.wait(5)

    return answer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        server.requests.append((self.path, self.headers))
        server.answers[min(len(server.requests), len(server.answers)) - 1](self)

    def log_message(self, *_):
        pass


@contextmanager
def served(*answers):
    """A server on this machine that gives one answer after the other, and the last one again and again."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers, server.requests, server.over = answers, [], Event()
        server.source = f"http://127.0.0.1:{server.server_port}/daily/"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


def copies(cache):
    return [path.name for path in cache.rglob("*") if path.is_file() and not path.name.startswith(".")]


def refusal(server, cache, name=AUSTIN, **options):
    with pytest.raises(DataError) as caught:
        fetch(name, source=getattr(server, "source", server), cache=cache, **{"retry": QUICK, **options})
    message = str(caught.value)
    assert "\n" not in message
    assert copies(cache) == []
    return message


# --- what goes well


def test_a_file_is_fetched_once_and_then_found(tmp_path):
    with served(reply()) as server:
        paths = [fetch(AUSTIN, source=server.source, cache=tmp_path) for _ in range(2)]
    assert paths[0] == paths[1]
    assert paths[0].read_bytes() == BODY
    assert [path for path, _ in server.requests] == ["/daily/all/USW00013904.dly"]
    assert read(paths[0])["value"].max() == pytest.approx(21.2)


@real.needed
def test_a_real_station_arrives_byte_for_byte_over_a_line_that_breaks(tmp_path):
    station = (real.FOLDER / "dly/USW00013904.dly").read_bytes()
    with served(ranged(station, mark='"1"', sent=10**6), ranged(station, mark='"1"')) as server:
        (path,) = station_files(["USW00013904"], source=server.source, cache=tmp_path, retry=QUICK)
    assert path.read_bytes() == station


def test_the_lists_of_stations_and_the_files_of_a_year_and_a_station_are_known(tmp_path):
    austin = b"USW00013904  30.1831  -97.6800  146.6"
    for name, body in (
        ("ghcnd-stations.txt", austin + b" TX AUSTIN BERGSTROM AP\n"),
        ("ghcnd-inventory.txt", b"USW00013904  30.1831  -97.6800 TMAX 1948 2025\n"),
        ("readme.txt", b"README FILE FOR DAILY GLOBAL HISTORICAL CLIMATOLOGY NETWORK\n"),
        ("by_year/2017.csv.gz", gzip.compress(YEAR)),
        ("by_station/USW00013904.csv.gz", gzip.compress(b"ID,DATE,ELEMENT,DATA_VALUE\n" + YEAR)),
        ("access/USW00013904.csv", b'"STATION","DATE","LATITUDE"\n'),
    ):
        # Servers that keep .gz files may call that an encoding; the archive is to be kept as it is.
        with served(reply(body, Content_Encoding="gzip") if name.endswith("gz") else reply(body)) as server:
            path = fetch(name, source=server.source, cache=tmp_path, retry=QUICK)
        assert path.read_bytes() == body


def test_files_of_two_sources_do_not_mix(tmp_path):
    with served(reply()) as one, served(reply(dly(celsius=5))) as other:
        paths = [fetch(AUSTIN, source=server.source, cache=tmp_path) for server in (one, other)]
    assert [path.read_bytes() for path in paths] == [BODY, dly(celsius=5)]


def test_the_cache_is_the_users_unless_stratus_cache_says_otherwise(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("STRATUS_CACHE", raising=False)
    with served(reply()) as server:
        usual = fetch(AUSTIN, source=server.source)
        monkeypatch.setenv("STRATUS_CACHE", str(tmp_path / "own"))
        own = fetch(AUSTIN, source=server.source)
    assert "stratus" in usual.parts
    assert own.is_relative_to(tmp_path / "own")


def test_refresh_replaces_a_copy_and_keeps_it_where_that_fails(tmp_path):
    with served(reply(), reply(dly(celsius=5)), reply(sent=1000)) as server:
        path = fetch(AUSTIN, source=server.source, cache=tmp_path)
        fetch(AUSTIN, source=server.source, cache=tmp_path, refresh=True)
        assert path.read_bytes() == dly(celsius=5)
        with pytest.raises(DataError):
            fetch(AUSTIN, source=server.source, cache=tmp_path, refresh=True, retry=QUICK)
    assert path.read_bytes() == dly(celsius=5)


def test_two_that_want_one_file_at_once_fetch_it_once(tmp_path):
    def slowly(handler):
        time.sleep(0.1)
        reply()(handler)

    with served(slowly) as server, ThreadPoolExecutor(2) as both:
        paths = list(both.map(lambda _: fetch(AUSTIN, source=server.source, cache=tmp_path), range(2)))
    assert len(server.requests) == 1
    assert paths[0].read_bytes() == BODY


def test_a_proxy_of_the_environment_is_used(tmp_path, monkeypatch):
    with served(reply()) as proxy:
        monkeypatch.setenv("http_proxy", f"user:word@127.0.0.1:{proxy.server_port}")
        fetch(AUSTIN, source="http://ghcn.example/daily/", cache=tmp_path)
    path, headers = proxy.requests[0]
    assert path == "http://ghcn.example/daily/all/USW00013904.dly"
    assert headers["Proxy-Authorization"] == "Basic dXNlcjp3b3Jk"


def test_a_line_for_the_log_where_there_is_no_terminal(tmp_path, capsys, caplog):
    caplog.set_level(logging.INFO, "stratus")
    with served(reply()) as server:
        for _ in range(2):
            fetch(AUSTIN, source=server.source, cache=tmp_path)
    assert caplog.messages == [f"fetching {server.source}{AUSTIN}"]
    assert capsys.readouterr() == ("", "")


# --- a server in trouble


@pytest.mark.parametrize("trouble", [500, 502, 503, 504, 429])
def test_a_server_in_passing_trouble_is_asked_again(tmp_path, trouble):
    with served(reply(b"", trouble), reply(b"", trouble), reply()) as server:
        assert fetch(AUSTIN, source=server.source, cache=tmp_path, retry=QUICK).read_bytes() == BODY


def test_a_server_that_stays_in_trouble_is_given_up(tmp_path):
    with served(reply(b"", 500)) as server:
        assert "too many 500 error responses; try again later" in refusal(server, tmp_path)
    assert len(server.requests) == QUICK.attempts


def test_that_a_server_is_asked_again_is_said_once_and_of_no_name_that_nobody_knows(tmp_path, caplog):
    with served(reply(b"", 503), reply(b"", 503), reply()) as server:
        fetch(AUSTIN, source=server.source, cache=tmp_path, retry=QUICK)
    assert caplog.messages == ["trying again: the server is in trouble"]
    caplog.clear()
    start = time.monotonic()
    with pytest.raises(DataError, match=r"nowhere\.invalid/all/.*: no such server, or no network; try again later"):
        fetch(AUSTIN, source="http://nowhere.invalid/", cache=tmp_path, retry=RetryPolicy(backoff=100))
    assert time.monotonic() - start < 50
    assert caplog.messages == []


def test_retry_after_is_waited_for_but_not_for_ever(tmp_path):
    with served(reply(b"", 503, Retry_After="3600"), reply()) as server:
        start = time.monotonic()
        fetch(AUSTIN, source=server.source, cache=tmp_path, retry=QUICK)
    assert 1 <= time.monotonic() - start < 60  # and not an hour


@pytest.mark.parametrize("after", [None, 0, 1000], ids=["before the answer", "before the body", "in the body"])
def test_a_server_that_stalls_is_given_up(tmp_path, after):
    with served(stall(after)) as server:
        start = time.monotonic()
        assert refusal(server, tmp_path, retry=RetryPolicy(read=0.1, attempts=2)).startswith(
            f"{server.source}{AUSTIN}: the server stalls; try again later, or copy the file to {tmp_path}"
        )
    assert time.monotonic() - start < 20  # on a busy machine; the server is silent for ever


def test_a_missing_station_is_named(tmp_path):
    with served(reply(b"<html>Not Found</html>", 404)) as server:
        message = f"no station USW00013904 at {server.source}all/ (404); `stratus stations` lists those there are"
        assert refusal(server, tmp_path) == message
        message = f"no ghcnd-stations.txt at {server.source} (404); is this the folder of GHCN-Daily?"
        assert refusal(server, tmp_path, "ghcnd-stations.txt") == message
    assert len(server.requests) == 2


def test_a_server_that_refuses_is_not_asked_again(tmp_path):
    with served(reply(b"", 403)) as server:
        assert "the server answers 403 Forbidden" in refusal(server, tmp_path)
    assert len(server.requests) == 1


def test_no_connection_is_told_with_a_way_out(tmp_path):
    with socket.socket() as closed:  # bound, so that nobody else listens there, but not listening
        closed.bind(("127.0.0.1", 0))
        message = refusal(f"http://127.0.0.1:{closed.getsockname()[1]}/", tmp_path)
    assert "no connection (Connection refused), or no network" in message
    assert f"copy the file to {tmp_path}" in message


def test_a_source_that_is_not_encrypted_is_no_https(tmp_path):
    with served(reply()) as server:
        assert "no safe connection" in refusal(server.source.replace("http:", "https:"), tmp_path)


@pytest.mark.parametrize(
    "proxy",
    ["http://me:secret@[bad", "me:secret@host:port", "http://me:secret", "socks5://me:secret@127.0.0.1:1",
     "http://me:sec@ret@", "http://me:s://secret@127.0.0.1:0", "secret\n", "http://me:secret@a b:1"],
)  # fmt: skip
def test_a_proxy_that_is_none_is_told_without_its_password(tmp_path, monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)
    message = refusal("http://ghcn.example/", tmp_path)
    assert message.startswith("the environment's http_proxy is no address of a proxy; expected http://host:port")
    assert "sec" not in message


def test_a_proxys_password_is_in_no_message(tmp_path, monkeypatch):
    with served(reply(b"", 407, Proxy_Authenticate="Basic")) as proxy:
        monkeypatch.setenv("http_proxy", f"http://me:sécrêt→@127.0.0.1:{proxy.server_port}")
        message = refusal("http://ghcn.example/", tmp_path)
    assert "407" in message
    assert "crêt" not in message
    assert b64decode(proxy.requests[0][1]["Proxy-Authorization"].split()[1]).decode() == "me:sécrêt→"


def test_a_proxy_that_is_not_there_is_named(tmp_path, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed.getsockname()[1]}")
        assert "the proxy that the environment names cannot be reached" in refusal("http://ghcn.example/", tmp_path)


# --- a line that breaks


def test_a_download_that_breaks_off_is_continued(tmp_path):
    with served(ranged(mark='"1"', sent=100_000), ranged(mark='"1"')) as server:
        path = fetch(AUSTIN, source=server.source, cache=tmp_path, retry=QUICK)
    (_, first), (_, second) = server.requests
    assert first["Range"] is None
    assert (second["Range"], second["If-Range"]) == ("bytes=100000-", '"1"')
    assert path.read_bytes() == BODY
    assert [left.name for left in path.parent.iterdir() if "part" in left.name] == []


def test_a_later_call_continues_as_well(tmp_path):
    with served(ranged(mark='"1"', sent=100_000), ranged(mark='"1"')) as server:
        refusal(server, tmp_path, retry=RetryPolicy(attempts=1))
        path = fetch(AUSTIN, source=server.source, cache=tmp_path)
    assert server.requests[1][1]["Range"] == "bytes=100000-"
    assert path.read_bytes() == BODY


def test_a_date_marks_a_version_where_there_is_no_strong_etag(tmp_path):
    date = "Fri, 18 Jul 2025 04:23:30 GMT"
    dated = {"ETag": 'W/"1"', "Last_Modified": date}
    rest = reply(BODY[1000:], 206, ETag='W/"1"', Content_Range=f"bytes 1000-{len(BODY) - 1}/{len(BODY)}")
    with served(reply(sent=1000, **dated), rest) as server:
        path = fetch(AUSTIN, source=server.source, cache=tmp_path, retry=QUICK)
    assert server.requests[1][1]["If-Range"] == date
    assert path.read_bytes() == BODY


def test_a_server_without_ranges_is_asked_for_all_again(tmp_path):
    with served(reply(sent=100_000, ETag='"1"'), reply(ETag='"1"')) as server:
        path = fetch(AUSTIN, source=server.source, cache=tmp_path, retry=QUICK)
    assert server.requests[1][1]["Range"] == "bytes=100000-"
    assert path.read_bytes() == BODY


def test_nothing_is_continued_whose_version_is_not_known(tmp_path):
    with served(reply(sent=100_000), reply()) as server:
        path = fetch(AUSTIN, source=server.source, cache=tmp_path, retry=QUICK)
    assert server.requests[1][1]["Range"] is None
    assert path.read_bytes() == BODY


@pytest.mark.parametrize("obey", [True, False])
def test_a_file_that_changed_meanwhile_is_fetched_anew(tmp_path, obey):
    new = dly(celsius=5, years=range(2000, 2026))
    with served(ranged(mark='"1"', sent=100_000), ranged(new, mark='"2"', obey=obey)) as server:
        path = fetch(AUSTIN, source=server.source, cache=tmp_path, retry=QUICK)
    assert path.read_bytes() == new
    assert len(server.requests) == (2 if obey else 3)


def test_a_file_that_shrank_meanwhile_is_fetched_anew(tmp_path):
    new = dly(years=[2000])
    with served(ranged(mark='"1"', sent=100_000), ranged(new, mark='"1"')) as server:
        assert fetch(AUSTIN, source=server.source, cache=tmp_path, retry=QUICK).read_bytes() == new


def test_a_line_that_always_breaks_is_given_up(tmp_path):
    with served(reply(sent=1000)) as server:
        assert "1000 bytes read" in refusal(server, tmp_path)
    assert len(server.requests) == QUICK.attempts


def test_an_answer_of_less_than_was_missing_is_not_taken_for_the_end(tmp_path):
    part = reply(BODY[1000:2000], 206, ETag='"1"', Content_Range=f"bytes 1000-1999/{len(BODY)}")
    with served(reply(sent=1000, ETag='"1"'), part, ranged(mark='"1"')) as server:
        assert fetch(AUSTIN, source=server.source, cache=tmp_path, retry=QUICK).read_bytes() == BODY


def test_a_piece_from_elsewhere_is_not_taken_for_the_one_asked_for(tmp_path):
    elsewhere = reply(BODY, 206, ETag='"1"', Content_Range=f"bytes 0-{len(BODY) - 1}/{len(BODY)}")
    with served(reply(sent=1000, ETag='"1"'), elsewhere, ranged(mark='"1"')) as server:
        assert fetch(AUSTIN, source=server.source, cache=tmp_path, retry=QUICK).read_bytes() == BODY
    assert len(server.requests) == 3


@settings(max_examples=20)
@given(cuts=st.lists(st.integers(0, len(BODY) - 1), max_size=4), changed=st.booleans(), obey=st.booleans())
def test_however_a_line_breaks_the_file_is_whole_or_not_there(tmp_path_factory, cuts, changed, obey):
    cache, end = tmp_path_factory.mktemp("cache"), dly(celsius=5) if changed else BODY
    breaks = [ranged(mark='"1"', sent=cut) for cut in cuts]
    with served(*breaks, ranged(end, mark='"2"' if changed else '"1"', obey=obey)) as server:
        try:
            path = fetch(AUSTIN, source=server.source, cache=cache, retry=QUICK)
        except DataError:
            assert copies(cache) == []
        else:
            assert path.read_bytes() in (BODY, end)


# --- what is not the file


def test_a_damaged_archive_is_fetched_again(tmp_path):
    whole = gzip.compress(YEAR)
    flipped = whole[:-6] + bytes([whole[-6] ^ 1]) + whole[-5:]  # in the checksum
    with served(*(reply(body, ETag='"1"') for body in (flipped, whole[:-20], whole))) as server:
        path = fetch("by_year/2017.csv.gz", source=server.source, cache=tmp_path, retry=QUICK)
    assert path.read_bytes() == whole
    assert [headers["Range"] for _, headers in server.requests] == [None] * 3
    with served(reply(flipped)) as server:
        assert "the archive is damaged" in refusal(server, tmp_path / "other", "by_year/2017.csv.gz")


@pytest.mark.parametrize(
    "name",
    [
        AUSTIN,
        "ghcnd-stations.txt",
        "ghcnd-inventory.txt",
        "readme.txt",
        "by_year/2017.csv.gz",
        "access/USW00013904.csv",
    ],
)
@pytest.mark.parametrize("body", [b"<!DOCTYPE html><html><body>Please log in</body></html>", b""])
def test_a_page_is_not_taken_for_data(tmp_path, name, body):
    with served(reply(body)) as server:
        message = refusal(server, tmp_path, name)
    assert message.startswith(f"{server.source}{name}: not that file, it begins with {body[:40]!r}")


def test_a_page_in_an_archive_and_another_station_are_not_taken_for_data(tmp_path):
    with served(reply(gzip.compress(b"<html></html>")), reply(dly("USW00012960"))) as server:
        assert "begins with b'<html></html>'" in refusal(server, tmp_path, "by_year/2017.csv.gz")
        assert "begins with b'USW00012960200001TMAX" in refusal(server, tmp_path)


# --- what is too much


def endless(handler):
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    with suppress(OSError):
        while True:
            handler.wfile.write(BODY)
    handler.close_connection = True


def test_a_file_without_an_end_is_given_up_at_the_limit(tmp_path):
    with served(endless) as server:
        message = refusal(server, tmp_path, largest=2**-10)
    assert "larger than the server said, or than the 0.000976562 GiB that data.largest" in message
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) == 0


def test_a_file_that_is_said_to_be_too_large_is_not_begun(tmp_path):
    with served(reply(**{"Content-Length": 2**33})) as server:
        assert "larger than" in refusal(server, tmp_path)
    assert len(server.requests) == 1


def test_a_server_that_dribbles_is_given_up(tmp_path):
    def dribble(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(BODY)))
        handler.end_headers()
        with suppress(OSError):
            while not handler.server.over.wait(0.01):
                handler.wfile.write(b"U")

    with served(dribble) as server:
        assert "the server stalls" in refusal(server, tmp_path, retry=replace(QUICK, slowest=10_000))


# --- redirects


def to(location, status=302):
    return reply(b"", status, **({} if location is None else {"Location": location}))


def test_redirects_are_followed_also_relative_ones_and_ranges_with_them(tmp_path):
    with served(to("elsewhere/x"), ranged(mark='"1"', sent=9999), to("/y", 308), ranged(mark='"1"')) as server:
        path = fetch(AUSTIN, source=server.source, cache=tmp_path, retry=QUICK)
    assert [asked for asked, _ in server.requests][1:] == ["/daily/all/elsewhere/x", f"/daily/{AUSTIN}", "/y"]
    assert server.requests[3][1]["Range"] == "bytes=9999-"
    assert path.read_bytes() == BODY


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("/again", "redirects more than 5 times"),
        ("file:///etc/passwd", "redirects to 'file:///etc/passwd', which is no address over HTTP"),
        ("http://[", "redirects to 'http://[', which is no address"),
        ("http://h:port/", "redirects to 'http://h:port/', which is no address"),
        ("http://me:word@127.0.0.1/", "which is no address"),
        ("/a b", "which is no address over HTTP"),
        ("x" * 9999, "redirects more than 5 times"),
        (None, "the server answers 302 Found"),
    ],
)
def test_a_redirect_that_leads_nowhere_is_told(tmp_path, location, said):
    with served(to(location)) as server:
        assert said in refusal(server, tmp_path)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_an_encrypted_connection_is_not_left(tmp_path, monkeypatch):
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=here -days 2"
    made += f" -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    subprocess.run(made.split(), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with served(reply()) as plain, served(reply(), to(f"{plain.source}x")) as safe:
        safe.socket = context.wrap_socket(safe.socket, server_side=True)
        source = safe.source.replace("http:", "https:")
        assert fetch(AUSTIN, source=source, cache=tmp_path / "one").read_bytes() == BODY
        assert "x', which is not encrypted; choose another source" in refusal(source, tmp_path / "other")
    assert plain.requests == []


# --- what is refused before anything is asked


def test_offline_takes_copies_alone(tmp_path):
    with served(reply()) as server:
        message = refusal(server, tmp_path, offline=True)
        assert message.startswith(str(tmp_path))
        assert f"fetch {server.source}{AUSTIN} once while not offline" in message
        assert server.requests == []
        path = fetch(AUSTIN, source=server.source, cache=tmp_path)
        assert fetch(AUSTIN, source=server.source, cache=tmp_path, offline=True) == path


@pytest.mark.parametrize(
    "source",
    ["ftp://127.0.0.1/daily/", "file:///data", "/data", "", "https://", "http://[", "http://me:word@127.0.0.1/",
     "http://127.0.0.1/?list", "http://127.0.0.1/a b/", "http://127.0.0.1:port/", "http://a..b/"],
)  # fmt: skip
def test_a_source_that_is_no_folders_address_is_refused(tmp_path, source):
    message = refusal(source, tmp_path)
    assert source.replace("me:word@", "…@") in message
    assert "word" not in message


def test_a_source_on_two_lines_is_refused_on_one(tmp_path):
    assert "expected a folder's address" in refusal("http://127.0.0.1/\n", tmp_path)


@pytest.mark.parametrize(
    "name", ["../x.dly", "all/../../x", "/etc/passwd", "all//x", "all/.x", "", "a b", "all/x?y", "é"]
)
def test_a_name_leads_nowhere_else(tmp_path, name):
    assert refusal("http://127.0.0.1/", tmp_path, name).startswith(f"{name!r} is no file of GHCN-Daily")


@pytest.mark.parametrize("station", ["usw00013904", "USW0001390", "../USW00013", "GHCND:USW00013904", "USW00013904\n"])
def test_a_name_that_is_no_stations_is_refused_before_any_is_fetched(tmp_path, station):
    with pytest.raises(DataError, match="is no station: expected eleven"):
        station_files(["USW00013904", station], source="http://127.0.0.1/", cache=tmp_path)


# --- the disk


def test_a_disk_without_room_is_told_and_leaves_nothing(tmp_path):
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    with served(reply()) as server:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, most))
        try:
            message = refusal(server, tmp_path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        assert "cannot be read or written (File too large; raise the limit" in message
        assert message.endswith("; set STRATUS_CACHE to another folder")
        assert list(tmp_path.rglob("*.part*")) == []
        assert fetch(AUSTIN, source=server.source, cache=tmp_path).read_bytes() == BODY


@pytest.mark.parametrize("end", [".part", ".part.mark"])
def test_a_link_in_the_cache_is_not_followed(tmp_path, end):
    kept = tmp_path / "kept"
    kept.write_bytes(b"untouched")
    with served(reply(sent=1000, ETag='"1"'), reply()) as server:
        refusal(server, tmp_path / "cache", retry=RetryPolicy(attempts=1))
        (link,) = (tmp_path / "cache").rglob(f"*{end}")
        link.unlink()
        link.symlink_to(kept)
        assert "cannot be read or written (Too many levels of symbolic links)" in refusal(server, tmp_path / "cache")
        assert kept.read_bytes() == b"untouched"
        assert not link.is_symlink()


def test_the_cache_is_private_to_the_user(tmp_path):
    with served(reply()) as server:
        path = fetch(AUSTIN, source=server.source, cache=tmp_path / "cache")
    assert stat.S_IMODE((tmp_path / "cache/ghcn").stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_cache_that_is_no_folder_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be read or written"):
        fetch(AUSTIN, source="http://127.0.0.1/", cache=tmp_path / "file")
