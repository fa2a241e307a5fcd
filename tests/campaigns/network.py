"""Servers and proxies that misbehave: the copy is whole or absent, and what went wrong is said in one line."""

import gzip
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harness import Case, Ended, command, ended, environment, run

from stratus.data.ghcn.cache import fetch
from stratus.data.ghcn.connection import RetryPolicy
from stratus.errors import DataError

NAME = "all/USW00013904.dly"
YEAR = "by_year/2017.csv.gz"
BODY = b"".join(
    b"USW00013904%d%02dTMAX" % (at // 12, at % 12 + 1) + b"  200  X" * 31 + b"\n" for at in range(24_000, 25_000)
)
QUICK = RetryPolicy(connect=1, read=1, attempts=3, backoff=0.01, longest=1, slowest=2000)
MOST = 2**-10  # GiB, a megabyte
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
Answer = Callable[[socket.socket, bytes], None]  # gets the connection and the head of the request


def says(*pieces: bytes, pause: float = 0, wait: float = 0) -> Answer:
    """Sends these bytes, and then waits, or closes the connection."""

    def answer(connection: socket.socket, _: bytes) -> None:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)
        time.sleep(wait)

    return answer


def endless(head: bytes, piece: bytes, pause: float = 0) -> Answer:
    """Sends and sends."""

    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            connection.sendall(piece)
            time.sleep(pause)

    return answer


def head(status: str = "200 OK", *lines: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("latin-1")


def resets(connection: socket.socket, _: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def ranges(body: bytes = BODY, *, mark: str = '"1"', sent: int | None = None, pace: float = 0) -> Answer:
    """A server that knows ranges, breaking off after some bytes, or slow."""

    def answer(connection: socket.socket, request: bytes) -> None:
        asked = re.search(
            rb"Range: bytes=(\d+)-\r\nIf-Range: ([^\r]*)|If-Range: ([^\r]*)\r\nRange: bytes=(\d+)-", request
        )
        given = asked and (asked[2] or asked[3]).decode() == mark
        begin = int(asked[1] or asked[4]) if asked and given else 0
        lines = [f"ETag: {mark}", f"Content-Length: {len(body) - begin}"]
        lines += [f"Content-Range: bytes {begin}-{len(body) - 1}/{len(body)}"] if begin else []
        connection.sendall(head("206 Partial Content" if begin else "200 OK", *lines))
        rest = body[begin:][:sent]
        for at in range(0, len(rest), 8192):
            connection.sendall(rest[at : at + 8192])
            time.sleep(pace)

    return answer


@contextmanager
def served(*answers: Answer) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives one answer after the other, a connection each, and the last again and again."""
    requests: list[bytes] = []

    def talk(connection: socket.socket, answer: Answer) -> None:
        with connection, suppress(OSError):
            connection.settimeout(20)
            request = b""
            while b"\r\n\r\n" not in request and request[:1] != b"\x16" and (more := connection.recv(65536)):
                request += more
            requests.append(request)
            answer(connection, request)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):  # so that what was sent is not lost to a reset
                pass

    def serve(listening: socket.socket) -> None:
        with suppress(OSError):
            for number in range(999):
                connection, _ = listening.accept()
                answer = answers[min(number, len(answers) - 1)]
                threading.Thread(target=talk, args=(connection, answer), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", requests
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def copies(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]


def refused(
    *answers: Answer, words: str, name: str = NAME, most: int = 2 << 20, seconds: float = 8
) -> Callable[[Path], None]:
    """Fetching is refused in one line with these words, in time; nothing is taken for the file, nor much kept."""

    def check(folder: Path) -> None:
        began = time.monotonic()
        with served(*answers) as (source, _):
            try:
                fetch(name, source=source, cache=folder, largest=MOST, retry=QUICK)
            except DataError as error:
                said = str(error)
            else:
                raise AssertionError("was taken for the file")
        assert said.isprintable(), repr(said)
        assert len(said) < 700, said
        assert words in said, f"{words!r} is not in: {said}"
        assert copies(folder) == [], copies(folder)
        assert sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) <= most
        assert time.monotonic() - began < seconds, f"took {time.monotonic() - began:.0f} s"

    return check


def arrives(*answers: Answer, name: str = NAME, body: bytes = BODY) -> Callable[[Path], None]:
    """The file arrives byte for byte, and nothing else is left."""

    def check(folder: Path) -> None:
        with served(*answers) as (source, _):
            path = fetch(name, source=source, cache=folder, largest=MOST, retry=QUICK)
        assert path.read_bytes() == body
        assert [one.name for one in path.parent.iterdir() if ".part" in one.name] == []

    return check


def statuses() -> Iterator[Case]:
    odd = [*range(201, 207), 226, 300, 304, 305, *range(400, 404), *range(405, 410), *range(411, 427), 428, 431, 451]
    for status in (*odd, 501, 505, 507, 508, 511, 599, 999):
        words = "server's file changes" if status in (206, 416) else f"answers {status}"
        yield Case(f"status {status}", refused(says(head(f"{status} Said", "Content-Length: 0")), words=words))
    for status in (404, 410):
        yield Case(f"status {status}", refused(says(head(f"{status} Gone")), words="no station USW00013904"))
    for status in (429, 500, 502, 503, 504):
        passing = says(head(f"{status} Busy", "Content-Length: 0", "Retry-After: 0"))
        yield Case(f"status {status} for ever", refused(passing, words=f"too many {status} error"))
        yield Case(f"status {status} once", arrives(passing, says(WHOLE)))
    for status in (301, 302, 303, 307, 308):
        yield Case(f"redirect {status}", arrives(says(head(f"{status} There", "Location: /x")), says(WHOLE)))
        yield Case(f"redirect {status} to nowhere", refused(says(head(f"{status} There")), words=f"answers {status}"))


def redirects() -> Iterator[Case]:
    for location, words in (
        ("/again", "redirects more than 5 times"),
        ("", "answers 302"),
        ("file:///etc/passwd", "no address over HTTP"),
        ("ftp://127.0.0.1/", "no address over HTTP"),
        ("javascript:alert(1)", "no address over HTTP"),
        ("//", "redirects more than 5 times"),
        ("http://", "redirects more than 5 times"),
        ("http://[::1", "no address over HTTP"),
        ("http://127.0.0.1:0/", "no address over HTTP"),
        ("http://127.0.0.1:99999/", "no address over HTTP"),
        ("http://127.0.0.1:1/", "no connection"),
        ("http://me:word@127.0.0.1/", "no address over HTTP"),
        ("http://" + "a" * 300 + "/", "Failed to parse"),
        ("/\x1b[31mred", "\\x1b[31mred"),
        ("/é", "no address over HTTP"),
    ):
        yield Case(
            f"redirect to {location[:30]!r}", refused(says(head("302 Found", f"Location: {location}")), words=words)
        )
    twice = head("302 Found", "Location: /a", "Location: /b")
    yield Case("two places to go to", refused(says(twice), words=""))


def bodies() -> Iterator[Case]:
    length = f"Content-Length: {len(BODY)}"
    chunk = b"%x\r\n" % len(BODY) + BODY + b"\r\n"
    chunked = head("200 OK", "Transfer-Encoding: chunked")
    yield Case("whole", arrives(says(WHOLE)))
    yield Case("without a length", arrives(says(head(), BODY)))
    yield Case("in chunks", arrives(says(chunked, chunk, b"0\r\n\r\n")))
    yield Case(
        "byte by byte at first", arrives(says(*[bytes([one]) for one in WHOLE[:200]], WHOLE[200:], pause=0.0005))
    )
    yield Case("HTTP/1.0", arrives(says(b"HTTP/1.0 200 OK\r\n\r\n" + BODY)))
    yield Case("lines ended by newlines alone", arrives(says(WHOLE[: -len(BODY)].replace(b"\r", b""), BODY)))
    yield Case("after a 100", arrives(says(head("100 Continue"), WHOLE)))
    for cut in (0, 1, 1000, len(BODY) - 1):
        name = f"cut after {cut} bytes"
        yield Case(name, refused(says(head("200 OK", length), BODY[:cut]), words="bytes read"))
        yield Case(f"{name} and continued", arrives(ranges(sent=cut), ranges()))
        yield Case(f"{name} in a chunk", refused(says(chunked, chunk[: cut + 7]), words="IncompleteRead"))
    before = ranges(b"x" * 9000, mark='"0"', sent=5000)
    yield Case("continued as another file", arrives(before, ranges()))
    for words, claim in (
        ("bytes read", f"Content-Length: {len(BODY) + 1}"),
        ("larger than", f"Content-Length: {10**12}"),
        ("not that file", "Content-Length: 0"),
        ("unmatching values", f"Content-Length: {len(BODY)}, 17"),
    ):
        yield Case(f"said {claim}", refused(says(head("200 OK", claim), BODY), words=words))
    yield Case(
        "a length cut off at less", arrives(says(head("200 OK", f"Content-Length: {249 + 21}"), BODY), body=BODY[:270])
    )
    for claim in ("-1", "seven", "1e3", "", "9" * 5000, "²"):
        yield Case(f"a length of {claim[:9]!r}", arrives(says(head("200 OK", f"Content-Length: {claim}"), BODY)))
    yield Case("endless", refused(endless(head(), BODY), words="larger than"))
    yield Case("endless in chunks", refused(endless(chunked, chunk), words="larger than"))
    yield Case("dribbling", refused(endless(head("200 OK", length), b"U", 0.05), words="stalls"))
    yield Case("silent", refused(says(wait=2), words="stalls"))
    yield Case("silent after the head", refused(says(head("200 OK", length), wait=2), words="stalls"))
    yield Case("silent in the body", refused(says(head("200 OK", length), BODY[:99], wait=2), words="stalls"))
    yield Case("reset", refused(resets, words="onnection"))
    yield Case("closed at once", refused(says(), words="onnection"))
    for parts in (
        "bytes 0-9/10",
        "bytes 5-2/3",
        "bytes */9",
        "nonsense",
        f"bytes 1000-1/{'9' * 4400}",
        "bytes 1000-1999/7",
    ):
        bad = says(head("206 Partial Content", 'ETag: "1"', f"Content-Range: {parts}", "Content-Length: 5"), b"wrong")
        yield Case(f"the wrong part: {parts[:30]}", refused(bad, words="server's file changes"))
        yield Case(f"the wrong part, and then the right one: {parts[:30]}", arrives(ranges(sent=1000), bad, ranges()))


def garbage() -> Iterator[Case]:
    for name, content in (
        ("zeros", bytes(5000)),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
        ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n"),
        ("no status", b"HTTP/1.1 \r\n\r\n"),
        ("a word for a status", b"HTTP/1.1 fine OK\r\n\r\n"),
        ("a negative status", b"HTTP/1.1 -200 OK\r\n\r\n"),
        ("a long line", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n"),
        ("many lines", b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 1000 + b"\r\n"),
        ("a chunk of no size", head("200 OK", "Transfer-Encoding: chunked") + b"zz\r\n"),
        ("a chunk of a huge size", head("200 OK", "Transfer-Encoding: chunked") + b"f" * 15 + b"\r\n" + BODY[:9]),
        ("a chunk of a negative size", head("200 OK", "Transfer-Encoding: chunked") + b"-5\r\n" + BODY[:9]),
    ):
        yield Case(f"garbage: {name}", refused(says(content), words=""))
    colours = says(b"HTTP/1.1 418 \x1b[31m" + b"red" * 999 + b"\r\n\r\n")
    yield Case("a reason in colours", refused(colours, words=r"answers 418 \x1b[31mred"))
    yield Case(
        "a mark of two lines",
        arrives(says(head("200 OK", "ETag: a", " b", "Content-Length: 9999"), BODY[:9]), says(WHOLE)),
    )
    yield Case("a wish to wait for what is no time", refused(says(head("503 Busy", "Retry-After: soon")), words=""))
    wait = says(head("503 Busy", f"Retry-After: {10**9}", "Content-Length: 0"))
    yield Case("a wish to wait for years", refused(wait, words="too many 503"))
    for name, page in (
        ("a login page", b"<html>Log in</html>"),
        ("nothing", b""),
        ("another station", BODY.replace(b"904", b"905")),
    ):
        yield Case(f"instead of the file {name}", refused(says(head(), page), words="not that file"))
    rows = gzip.compress(b"USW00013904,20170201,TMAX,239,,,W,\n" * 9)
    yield Case("an archive", arrives(says(head(), rows), name=YEAR, body=rows))
    yield Case(
        "an archive called an encoding",
        arrives(says(head("200 OK", "Content-Encoding: gzip"), rows), name=YEAR, body=rows),
    )
    for name, archive in (
        ("cut", rows[:-9]),
        ("flipped", rows[:-6] + b"!" + rows[-5:]),
        ("with a tail", rows + b"tail"),
    ):
        yield Case(f"an archive that is {name}", refused(says(head(), archive), name=YEAR, words="archive is damaged"))
    bomb = gzip.compress(b"USW00013904,2017" + bytes(1 << 20)) + gzip.compress(bytes(1 << 20)) * 400
    yield Case("an archive that is a bomb", refused(says(head(), bomb), name=YEAR, words="200 times its size"))


FETCH = """
import sys
from stratus.data.ghcn.cache import fetch
from stratus.data.ghcn.connection import RetryPolicy
from stratus.errors import DataError
try:
    print(fetch(sys.argv[2], source=sys.argv[1], retry=RetryPolicy(connect=1, read=1, attempts=2, backoff=.01)))
except DataError as error:
    sys.exit(f"{error}")
"""


def through(proxy: str, source: str, folder: Path, **more: str) -> Ended:
    """What a process says that fetches through a proxy."""
    places = {name: "" for name in os.environ if name.lower().endswith("_proxy")}
    given = environment(**places, http_proxy=proxy, https_proxy=proxy, STRATUS_CACHE=str(folder), **more)
    words = [sys.executable, "-c", FETCH, source, NAME]
    done = subprocess.run(words, env=given, capture_output=True, text=True, errors="replace", timeout=60, check=False)
    return Ended(done.returncode, done.stdout, done.stderr)


def proxies() -> Iterator[Case]:
    for number, proxy in enumerate((
        "http://me:secret@[bad", "http://me:secret@h:port", "me:secret@",
        "socks5://me:secret@127.0.0.1:1", "secret secret",
        "http://me:secret", "http://me:sec@secret:x@127.0.0.1:0", "file:///secret", "http://me:secret@127.0.0.1:70000",
    )):  # fmt: skip

        def malformed(folder: Path, proxy: str = proxy) -> None:
            done = through(proxy, "http://ghcn.example/", folder)
            done.refused("_proxy is no address of a proxy; expected http://host:port")
            assert "secret" not in done.err, done.err

        yield Case(f"proxy {number} that is none", malformed)
    for number, (answer, words) in enumerate((
        (says(head("407 Proxy Authentication Required", "Content-Length: 0")), "407"),
        (says(head("502 Bad Gateway", "Content-Length: 0")), "502"),
        (says(bytes(99)), ""),
        (says(), ""),
        (says(wait=3), "stalls"),
    )):  # fmt: skip
        for scheme in ("http", "https"):

            def broken(folder: Path, answer: Answer = answer, words: str = words, scheme: str = scheme) -> None:
                with served(answer) as (place, requests):
                    proxy = place.replace("//", "//me:se%20cret@")
                    done = through(proxy, f"{scheme}://ghcn.example/", folder)
                done.refused("ghcn.example" if scheme == "http" else "")
                assert words in done.err or scheme == "https", done.err
                assert "cret" not in done.err, done.err
                assert b"Basic bWU6c2UgY3JldA==" in requests[0], requests[0]

            yield Case(f"proxy trouble {number} for {scheme}", broken)

    def works(folder: Path) -> None:
        with served(says(WHOLE)) as (place, requests):
            done = through(place, "http://ghcn.example/", folder)
        assert done.code == 0, done.err
        assert Path(done.out.strip()).read_bytes() == BODY
        assert requests[0].startswith(b"GET http://ghcn.example/")

    yield Case("a proxy", works)

    def spared(folder: Path) -> None:
        with served(says(WHOLE)) as (place, _):
            assert through("http://me:secret@127.0.0.1:1", place, folder, no_proxy="127.0.0.1").code == 0

    yield Case("a proxy that is not for this server", spared)


def doors() -> Iterator[Case]:
    def killed(folder: Path, how: int) -> None:
        with served(ranges(pace=0.05), ranges()) as (source, requests):
            words = ("stratus", "fetch", "USW00013904", "--source", source)
            process = command(*words, folder=folder, STRATUS_CACHE=str(folder))
            until = time.monotonic() + 30
            while not any(path.stat().st_size > 20_000 for path in folder.rglob("*.part")) and time.monotonic() < until:
                time.sleep(0.02)
            os.killpg(process.pid, how)
            assert ended(process).code != 0
            assert copies(folder) == []
            done = run(*words, folder=folder, STRATUS_CACHE=str(folder))
            assert done.code == 0, done.err
        assert b"Range: bytes=" in requests[1], requests[1]
        assert Path(done.out.strip()).read_bytes() == BODY

    for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        yield Case(f"killed by {how.name} and continued", lambda folder, how=how: killed(folder, how))

    def refused_at_the_door(folder: Path, *words: str, said: str) -> None:
        with served(says(head("403 No"))) as (source, _):
            run("stratus", *words, "--source", source, folder=folder, STRATUS_CACHE=str(folder)).refused(said)

    for name, words, said in (
        ("fetch", ("fetch", "USW00013904"), "answers 403"),
        ("stations", ("stations", "--name", "austin"), "answers 403"),
        ("a file that is too large", ("fetch", "USW00013904", "--largest", "0"), "expected GiB above 0"),
        ("a station that is none", ("fetch", "../../etc"), "is no station"),
        ("offline", ("fetch", "USW00013904", "--offline"), "while not offline"),
    ):
        yield Case(
            f"at the door: {name}",
            lambda folder, words=words, said=said: refused_at_the_door(folder, *words, said=said),
        )
    for name, source in (
        ("TLS that is none", "https://127.0.0.1"), ("no host", "http://"), ("a port that is none", "http://127.0.0.1:port/"),
        ("a password", "http://me:secret@127.0.0.1/"), ("a file", "file:///etc"), ("a line end", "http://127.0.0.1/\n"),
    ):  # fmt: skip

        def wrong(folder: Path, source: str = source) -> None:
            with served(says(head("403 No"))) as (place, _):
                there = source if source != "https://127.0.0.1" else place.replace("http:", "https:")
                done = through("", there, folder)
            done.refused("no safe connection" if source == "https://127.0.0.1" else "expected a folder's address")
            assert "secret" not in done.err, done.err

        yield Case(f"a source of {name}", wrong)


def folders() -> Iterator[Case]:
    def linked(folder: Path, end: str) -> None:
        kept, cache = folder / "kept", folder / "cache"
        kept.write_bytes(b"untouched")
        with served(ranges(sent=1000), ranges()) as (source, _):
            with suppress(DataError):
                fetch(NAME, source=source, cache=cache, retry=RetryPolicy(read=1, attempts=1))
            (link,) = cache.rglob(f"*{end}")
            link.unlink()
            link.symlink_to(kept)
            with suppress(DataError):
                fetch(NAME, source=source, cache=cache, retry=QUICK)
        assert kept.read_bytes() == b"untouched"

    for end in (".part", ".part.mark"):
        yield Case(f"a link in place of {end}", lambda folder, end=end: linked(folder, end))

    def private(folder: Path) -> None:
        with served(says(WHOLE)) as (source, _):
            fetch(NAME, source=source, cache=folder / "cache")
        assert stat.S_IMODE((folder / "cache/ghcn").stat().st_mode) == 0o700

    yield Case("a new cache is private", private)

    def spoiled(folder: Path, mark: bytes) -> None:
        with served(ranges(sent=1000), ranges()) as (source, _):
            with suppress(DataError):
                fetch(NAME, source=source, cache=folder, retry=RetryPolicy(read=1, attempts=1))
            (file,) = folder.rglob("*.part.mark")
            file.write_bytes(mark)
            assert fetch(NAME, source=source, cache=folder, retry=QUICK).read_bytes() == BODY

    for mark in (b"", b"\xff\xfe", b"a\r\nb", b"x" * 99_999, b'"2"'):
        yield Case(f"a spoiled mark {mark[:9]!r}", lambda folder, mark=mark: spoiled(folder, mark))

    def together(folder: Path) -> None:
        with served(ranges(pace=0.005)) as (source, requests):
            words = ("stratus", "fetch", "USW00013904", "--source", source)
            processes = [command(*words, folder=folder, STRATUS_CACHE=str(folder)) for _ in range(3)]
            for process in processes:
                done = ended(process)
                assert done.code == 0, done.err
                assert Path(done.out.strip()).read_bytes() == BODY
        assert len(requests) == 1, f"{len(requests)} requests"

    yield Case("three processes want one file", together)


def cases(quick: bool) -> Iterator[Case]:
    every = {
        case.name: case for part in (statuses, redirects, bodies, garbage, proxies, doors, folders) for case in part()
    }
    yield from [every["in chunks"]] if quick else every.values()
