"""One download: continued after an interruption, tried again where that helps, checked before it takes its place."""

import gzip
import os
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Retry, Timeout, exceptions, make_headers

from stratus.data.ghcn.values import STATION
from stratus.errors import DataError

_BEGINNINGS = {
    "ghcnd-stations.txt": rf"{STATION} +-?\d",
    "ghcnd-inventory.txt": rf"{STATION} +-?\d",
    ".csv": rf'"?({STATION}|ID|STATION)"?,',
    ".gz": "\x1f\x8b",
    "": r"\s*[^<\s]",  # no markup
}
_CHUNK = 1 << 16

Tell: TypeAlias = Callable[[int, int | None], object]  # is told how many bytes there are, and of how many if known


class _Broken(Exception):
    """The body arrived damaged; another attempt may succeed."""


@dataclass(frozen=True)
class RetryPolicy:
    """How long and how often a server is tried."""

    connect: float = 10  # seconds for a connection
    read: float = 30  # seconds of silence within an answer
    attempts: int = 5  # requests for a file, the first among them
    backoff: float = 1  # seconds before the third; twice as many before each one after
    longest: int = 60  # at most so many seconds between two, even if the server's Retry-After asks for more


@dataclass(frozen=True)
class _Part:
    """The part of a file that has arrived; beside it the server's mark (ETag or date) of the file's version."""

    body: Path
    mark_file: Path

    @property
    def size(self) -> int:
        return self.body.stat().st_size if self.body.exists() else 0

    @property
    def mark(self) -> str:
        return self.mark_file.read_text(encoding="utf-8") if self.mark_file.exists() else ""

    def headers(self) -> dict[str, str]:
        """Ask for the rest of the file, or for all of it if it has changed."""
        missing = {"Range": f"bytes={self.size}-", "If-Range": self.mark} if self.size and self.mark else {}
        return {"Accept-Encoding": "identity", **missing}

    def discard(self) -> None:
        self.body.unlink(missing_ok=True)
        self.mark_file.unlink(missing_ok=True)


def download(address: str, target: Path, retry: RetryPolicy, tell: Tell) -> None:
    """Downloads an address into a file, which is whole or absent.

    Raises DataError if the content is not that of the file, or the server refuses it; HTTPError if the server cannot be
    reached, stalls, or breaks off at every attempt; OSError if the file cannot be written.
    """
    part = _Part(target.with_name(f".{target.name}.part"), target.with_name(f".{target.name}.part.mark"))
    timeout = Timeout(connect=retry.connect, read=retry.read)
    retries = Retry(
        retry.attempts - 1,
        status_forcelist=(429, 500, 502, 503, 504),
        backoff_factor=retry.backoff / 2,
        backoff_max=retry.longest,
        retry_after_max=retry.longest,
    )
    with _pool(address) as pool:
        while True:
            response = pool.request(
                "GET", address, headers=part.headers(), preload_content=False, retries=retries, timeout=timeout
            )
            try:
                with response:
                    _accept(response, address)
                    _receive(response, part, tell)
                _check(part, address)
                break
            except (exceptions.HTTPError, _Broken) as error:  # urllib3 repeats a request, not the reading of its body
                retries = (response.retries or retries).increment("GET", address, error=error)
                retries.sleep()
            except OSError:  # above all a full disk
                part.discard()
                raise
    part.body.replace(target)
    part.discard()


def _pool(address: str) -> PoolManager:
    """Connections, through the proxy that the environment names."""
    parts = urlsplit(address)
    proxy = getproxies().get(parts.scheme)
    if not proxy or proxy_bypass(parts.netloc):
        return PoolManager()
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    login = urlsplit(proxy).netloc.rpartition("@")[0]
    return ProxyManager(proxy, proxy_headers=make_headers(proxy_basic_auth=unquote(login)) if login else None)


def _accept(response: BaseHTTPResponse, address: str) -> None:
    """Raises DataError for an answer that stays the same at every attempt."""
    if response.status in (404, 410):
        place, _, name = address.rpartition("/")
        station = re.fullmatch(rf"({STATION})\.(dly|csv|csv\.gz)", name)
        mend = "`stratus stations` lists those there are" if station else "is this the folder of GHCN-Daily?"
        raise DataError(f"no {f'station {station[1]}' if station else name} at {place}/ ({response.status}); {mend}")
    if response.status not in (200, 206, 416):
        answer = f"{response.status} {response.reason or ''}".strip()
        raise DataError(f"{address}: the server answers {answer}; try later, or choose another source")


def _receive(response: BaseHTTPResponse, part: _Part, tell: Tell) -> None:
    """Appends a response's body to the part, or begins the part again."""
    begin, whole = _extent(response, part)
    with part.body.open("ab" if begin else "wb") as file:
        if not begin:  # the file is empty now, so that body and mark are of one version at every moment
            part.mark_file.write_text(_mark(response), encoding="utf-8")
        for chunk in response.stream(_CHUNK, decode_content=False):
            file.write(chunk)
            tell(file.tell(), whole)
        file.flush()
        os.fsync(file.fileno())
    if whole is not None and part.size != whole:
        raise _Broken(f"{part.size} of {whole} bytes arrived")


def _extent(response: BaseHTTPResponse, part: _Part) -> tuple[int, int | None]:
    """Where in the file a response's body begins, and the file's length if the server gives it."""
    if response.status == 200:
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isdecimal() else None
    sent = re.match(r"bytes (\d+)-\d+/(?:(\d+)|\*)", response.headers.get("Content-Range", ""))
    if response.status == 206 and sent and int(sent[1]) == part.size and _mark(response) in ("", part.mark):
        return part.size, int(sent[2]) if sent[2] else None
    part.discard()
    raise _Broken("the server's file changes")


def _mark(response: BaseHTTPResponse) -> str:
    tag = response.headers.get("ETag", "W/")  # a weak one does not say that two files are the same byte for byte
    return response.headers.get("Last-Modified", "") if tag.startswith("W/") else tag


def _check(part: _Part, address: str) -> None:
    """Raises for content of another kind, such as a login page, and for an archive that does not unpack."""
    name = address.rpartition("/")[2]
    with part.body.open("rb") as file:
        head = file.read(_CHUNK)
    if name.endswith(".gz") and _begins_like(name, head):
        name = name.removesuffix(".gz")
        try:
            with gzip.open(part.body) as file:
                head = file.read(_CHUNK)
                while file.read(_CHUNK):
                    pass
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            part.discard()
            raise _Broken(f"the archive is damaged ({error})") from None
    if not _begins_like(name, head):
        part.discard()
        raise DataError(f"{address}: not that file, it begins with {head[:40]!r}; open the address in a browser")


def _begins_like(name: str, head: bytes) -> bool:
    if name.endswith(".dly"):
        pattern = rf"{re.escape(name.removesuffix('.dly'))}\d{{6}}[A-Z0-9]{{4}}"
    else:
        pattern = next(pattern for end, pattern in _BEGINNINGS.items() if name.endswith(end))
    return re.match(pattern, head.decode("latin-1")) is not None


def why(error: Exception) -> str:
    """The reason why urllib3 gave up, in one line."""
    reason = (error.reason or error) if isinstance(error, exceptions.MaxRetryError) else error
    what = str(reason.args[0] if reason.args else reason).splitlines()[0]
    told = {
        exceptions.NameResolutionError: "no such server, or no network",
        exceptions.NewConnectionError: f"no connection ({what.rpartition('] ')[2]}); is there a network?",
        exceptions.ConnectTimeoutError: "no connection in time; is there a network?",
        exceptions.ReadTimeoutError: "the server stalls",
        exceptions.SSLError: f"no safe connection ({what})",
        exceptions.ProxyError: f"the proxy that the environment names cannot be reached ({what})",
    }  # the first three are each a kind of the next
    return next((text for kind, text in told.items() if isinstance(reason, kind)), what)
