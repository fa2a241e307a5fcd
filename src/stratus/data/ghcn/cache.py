"""NOAA's files of GHCN-Daily over HTTPS, each kept in the user's cache, whole or absent."""

import hashlib
import logging
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from filelock import FileLock

from stratus.data.ghcn.address import parsed
from stratus.data.ghcn.values import STATION
from stratus.errors import DataError, quoted, system
from stratus.progress import BYTES, Work, each, working

if TYPE_CHECKING:
    from stratus.data.ghcn.connection import RetryPolicy

log = logging.getLogger(__name__)

LARGEST = 4.0  # GiB
SOURCE = "https://www.ncei.noaa.gov/pub/data/ghcn/daily/"

_NAME = r"[A-Za-z0-9_\-][\w.\-]*(/[A-Za-z0-9_\-][\w.\-]*)*"  # no part of it begins with a dot


def station_files(ids: Iterable[str], **options: Any) -> list[Path]:
    """The .dly files of stations by their ids, in their order; options are those of `fetch`.

    Raises DataError if an id is no station's, or a file can be neither found nor fetched.
    """
    ids = list(ids)
    for one in ids:
        if not re.fullmatch(STATION, one):
            raise DataError(f"{one!r} is no station: expected eleven of A-Z, 0-9, _ and -, such as USW00013904")
    return [fetch(f"all/{one}.dly", **options) for one in each(ids, "fetching", "stations")]


def fetch(
    name: str,
    *,
    source: str = SOURCE,
    cache: Path | None = None,
    offline: bool = False,
    refresh: bool = False,
    largest: float = LARGEST,
    retry: "RetryPolicy | None" = None,
) -> Path:
    """The path of a file's copy in the cache; fetches the file first where there is no copy.

    An interrupted download continues, at once or at a later call, if the server can do so and still has the same
    file. A download that fails leaves an existing copy as it was. Raises DataError if the file cannot be fetched: names
    its address, why, and what to do.

    Args:
        name: Below `source`, such as all/USW00013904.dly, ghcnd-stations.txt or by_year/2017.csv.gz.
        source: Address of the folder that is GHCN-Daily; each has copies of its own.
        cache: The cache's folder; by default that of STRATUS_CACHE, or else the system's.
        offline: Use copies only.
        refresh: Fetch a file again that has a copy.
        largest: GiB that a file may have; one of which the server says its length may have no more than that either.
        retry: How long and how often a server is tried.
    """
    address = _address(source, name)
    if not largest > 0:
        raise DataError(f"largest={largest}: expected GiB above 0")
    target = place(name, source, cache)
    try:
        if target.is_file() and not refresh:
            return target
        if offline:
            raise DataError(f"{target} is not there: fetch {address} once while not offline, or copy the file there")
        shared = target.parents[len(Path(name).parts)]
        shared.mkdir(mode=0o700, parents=True, exist_ok=True)  # so that nobody else can put anything there
        target.parent.mkdir(parents=True, exist_ok=True)
        # Another process may be fetching the same file: wait for it.
        with FileLock(target.with_name(f".{target.name}.lock")):
            if refresh or not target.is_file():
                _download(address, target, largest * 2**30, retry)
    except OSError as error:
        mend = "set STRATUS_CACHE to another folder"
        raise DataError(f"{target}: cannot be read or written ({system(error)}); {mend}") from None
    return target


def place(name: str, source: str = SOURCE, cache: Path | None = None) -> Path:
    """Where a file's copy is or will be; the arguments are those of `fetch`."""
    return _folder(_address(source, name).removesuffix(name), cache) / name


def _download(address: str, target: Path, largest: float, retry: "RetryPolicy | None") -> None:
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - imported once something has to be fetched

    from stratus.data.ghcn import connection, download  # noqa: PLC0415

    try:
        if not Work.terminal:
            log.info("fetching %s", address)
        with working(f"fetching {target.name}", None, BYTES) as work:
            download.download(address, target, retry or connection.RetryPolicy(), largest, work)
    except HTTPError as error:
        reason = connection.why(error)
        raise DataError(f"{address}: {reason}; try again later, or copy the file to {target}") from None


def _address(source: str, name: str) -> str:
    if parsed(source) is None or re.search("[?#]", source):
        shown = quoted(re.sub("//.*@", "//…@", source))  # no password is shown
        raise DataError(f"source {shown}: expected a folder's address, https://… or http://…, such as {SOURCE}")
    if not re.fullmatch(_NAME, name, re.ASCII):
        raise DataError(f"{name!r} is no file of GHCN-Daily: expected a name such as all/USW00013904.dly")
    return f"{source.rstrip('/')}/{name}"


def _folder(source: str, cache: Path | None) -> Path:
    if cache is None:
        from platformdirs import user_cache_path  # noqa: PLC0415

        cache = Path(os.environ.get("STRATUS_CACHE") or user_cache_path("stratus"))
    host = re.sub(r"[^\w.\-]", "_", urlsplit(source).hostname or "")[:60]
    return cache / "ghcn" / f"{host}-{hashlib.sha256(source.encode()).hexdigest()[:12]}"
