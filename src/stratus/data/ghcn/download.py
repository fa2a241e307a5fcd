"""One download: continued after an interruption, tried again where that helps, checked before it takes its place."""

import os
import re
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from urllib3 import BaseHTTPResponse, exceptions

from stratus.data.ghcn.connection import RetryPolicy, answered
from stratus.data.ghcn.values import STATION
from stratus.data.lines import unpacked
from stratus.errors import DataError, quoted
from stratus.progress import Work

_BEGINNINGS = {
    "ghcnd-stations.txt": rf"{STATION} +-?\d",
    "ghcnd-inventory.txt": rf"{STATION} +-?\d",
    ".csv": rf'"?({STATION}|ID|STATION)"?,',
    ".gz": "\x1f\x8b",
    "": r"\s*[^<\s]",  # no markup
}
_CHUNK = 1 << 16
_EXTENT = re.compile("bytes ([0-9]{1,18})-[0-9]{1,18}/(?:([0-9]{1,18})|[*])")  # Content-Range
_MARK = re.compile("[ -~]{1,200}")  # what may be sent back to a server


class _Broken(Exception):
    """The body arrived damaged; another attempt may succeed."""


_PASSING = (exceptions.ProtocolError, exceptions.TimeoutError, exceptions.SSLError, _Broken)


@dataclass(frozen=True)
class _Part:
    """The part of a file that has arrived; beside it the server's mark (ETag or date) of the file's version."""

    body: Path
    mark_file: Path

    @property
    def size(self) -> int:
        return self.body.lstat().st_size if os.path.lexists(self.body) else 0

    @property
    def mark(self) -> str:
        try:
            with _opened(self.mark_file, "rb") as file:
                mark = file.read(_CHUNK).decode("latin-1")
        except FileNotFoundError:
            return ""
        return mark if _MARK.fullmatch(mark) else ""

    def headers(self) -> dict[str, str]:
        """Ask for the rest of the file, or for all of it if it has changed."""
        missing = {"Range": f"bytes={self.size}-", "If-Range": self.mark} if self.size and self.mark else {}
        return {"Accept-Encoding": "identity", **missing}

    def discard(self) -> None:
        self.body.unlink(missing_ok=True)
        self.mark_file.unlink(missing_ok=True)


def _opened(path: Path, mode: str) -> IO[bytes]:
    """Opens a file of the user's own; a link that somebody put in its place is not followed."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW, 0o600))


def download(address: str, target: Path, policy: RetryPolicy, largest: float, work: Work) -> None:
    """Downloads an address into a file of at most `largest` bytes, which is whole or absent.

    Raises DataError if the content is not that of the file or too large, or the server refuses it; HTTPError if the
    server cannot be reached, stalls, or breaks off at every attempt; OSError if the file cannot be written.
    """
    part = _Part(target.with_name(f".{target.name}.part"), target.with_name(f".{target.name}.part.mark"))
    retries = policy.retries()
    while True:
        try:
            with answered(address, part.headers(), policy, retries) as response:
                retries = response.retries or retries
                _accept(response, address)
                _receive(response, part, policy, largest, work)
            _check(part, address)
            break
        except _PASSING as error:  # urllib3 repeats a request, not the reading of its body
            retries = retries.increment("GET", address, error=error)
            retries.sleep()
        except OSError:  # above all a full disk
            part.discard()
            raise
    part.body.replace(target)
    part.discard()


def _accept(response: BaseHTTPResponse, address: str) -> None:
    """Raises DataError for an answer that stays the same at every attempt."""
    if response.status in (404, 410):
        place, _, name = address.rpartition("/")
        station = re.fullmatch(rf"({STATION})\.(dly|csv|csv\.gz)", name)
        mend = "`stratus stations` lists those there are" if station else "is this the folder of GHCN-Daily?"
        raise DataError(f"no {f'station {station[1]}' if station else name} at {place}/ ({response.status}); {mend}")
    if response.status not in (200, 206, 416):
        answer = f"{response.status} {quoted(response.reason or '')[1:-1]}".strip()
        raise DataError(f"{address}: the server answers {answer}; try later, or choose another source")


def _receive(response: BaseHTTPResponse, part: _Part, policy: RetryPolicy, largest: float, work: Work) -> None:
    """Appends a response's body to the part, or begins the part again."""
    begin, whole = _extent(response, part)
    if (whole or 0) > largest:
        raise _too_large(part, largest)
    began, work.total = time.monotonic(), whole
    with _opened(part.body, "ab" if begin else "wb") as file:
        if not begin:  # the file is empty now, so that body and mark are of one version at every moment
            with _opened(part.mark_file, "wb") as mark_file:
                mark_file.write(_mark(response).encode("latin-1", "replace"))
        while chunk := response.read1(_CHUNK, decode_content=False):
            file.write(chunk)
            work.at(file.tell())
            if file.tell() > (largest if whole is None else whole):
                raise _too_large(part, largest)
            if (passed := time.monotonic() - began) > policy.read and file.tell() - begin < policy.slowest * passed:
                raise _Broken("the server stalls")
        file.flush()
        os.fsync(file.fileno())
    if whole is not None and part.size != whole:
        raise _Broken(f"{part.size} of {whole} bytes arrived")


def _extent(response: BaseHTTPResponse, part: _Part) -> tuple[int, int | None]:
    """Where in the file a response's body begins, and the file's length if the server gives it."""
    if response.status == 200:
        length = re.fullmatch("[0-9]{1,18}", response.headers.get("Content-Length", ""))
        return 0, int(length[0]) if length else None
    sent = _EXTENT.fullmatch(response.headers.get("Content-Range", ""))
    if response.status == 206 and sent and int(sent[1]) == part.size and _mark(response) in ("", part.mark):
        whole = int(sent[2]) if sent[2] else None
        if whole is None or whole > part.size:
            return part.size, whole
    part.discard()
    raise _Broken("the server's file changes")


def _mark(response: BaseHTTPResponse) -> str:
    tag = response.headers.get("ETag", "W/")  # a weak one does not say that two files are the same byte for byte
    return response.headers.get("Last-Modified", "") if tag.startswith("W/") else tag


def _too_large(part: _Part, largest: float) -> DataError:
    part.discard()
    fault = f"larger than the server said, or than the {largest / 2**30:g} GiB that data.largest (or --largest) allows"
    return DataError(f"{part.body.name[1:-5]}: {fault}")


def _check(part: _Part, address: str) -> None:
    """Raises for content of another kind, such as a login page, and for an archive that does not unpack."""
    name = address.rpartition("/")[2]
    with _opened(part.body, "rb") as file:
        head = file.read(_CHUNK)
    if name.endswith(".gz") and _begins_like(name, head):
        name, head = name.removesuffix(".gz"), b""
        try:
            for chunk in unpacked(part.body):
                head = head or chunk[:_CHUNK]
        except (OSError, EOFError, zlib.error) as error:
            part.discard()
            raise _Broken(f"the archive is damaged ({error})") from None
        except DataError:
            part.discard()
            raise
    if not _begins_like(name, head):
        part.discard()
        raise DataError(f"{address}: not that file, it begins with {head[:40]!r}; open the address in a browser")


def _begins_like(name: str, head: bytes) -> bool:
    if name.endswith(".dly"):
        pattern = rf"{re.escape(name.removesuffix('.dly'))}\d{{6}}[A-Z0-9]{{4}}"
    else:
        pattern = next(pattern for end, pattern in _BEGINNINGS.items() if name.endswith(end))
    return re.match(pattern, head.decode("latin-1")) is not None
