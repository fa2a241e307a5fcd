"""A server's answer: through the environment's proxy, along its redirects, and why there is none."""

import logging
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Retry, Timeout, exceptions

from stratus.data.ghcn.address import parsed
from stratus.errors import DataError, quoted

log = logging.getLogger(__name__)
logging.getLogger("urllib3").setLevel(logging.ERROR)  # the error that ends a download says what went wrong

_PROXY = re.compile(r"(?:(\w+)://)?(?:(.*)@)?([^@]*)", re.DOTALL)  # scheme, name and password, host and port
_REDIRECTS = 5  # at most so many of them one after the other


@dataclass(frozen=True)
class RetryPolicy:
    """How long and how often a server is tried."""

    connect: float = 10  # seconds for a connection
    read: float = 30  # seconds of silence within an answer
    slowest: float = 100  # bytes a second on average, after the first `read` seconds; what is slower has stalled
    attempts: int = 5  # requests for a file, the first among them
    backoff: float = 1  # seconds before the third; twice as many before each one after
    longest: int = 60  # at most so many seconds between two, even if the server's Retry-After asks for more

    def retries(self) -> Retry:
        """The policy as urllib3 has it."""
        return _Retries(
            self.attempts - 1,
            status_forcelist=(429, 500, 502, 503, 504),
            backoff_factor=self.backoff / 2,
            backoff_max=self.longest,
            retry_after_max=self.longest,
        )


class _Retries(Retry):
    """Says once that it tries again; asks for a server's name no third time."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """What is left of the attempts; raises MaxRetryError where none is."""
        if self.history and isinstance(error, exceptions.NameResolutionError):
            raise exceptions.MaxRetryError(_pool, url or "", error)
        left = super().increment(method, url, response, error, _pool, _stacktrace)
        if not self.history and not isinstance(error, exceptions.NameResolutionError):
            log.warning("trying again: %s", why(error) if error else "the server is in trouble")
        return left


@contextmanager
def answered(
    address: str, headers: Mapping[str, str], policy: RetryPolicy, retries: Retry
) -> Iterator[BaseHTTPResponse]:
    """The answer to a request, its body yet to be read, after redirects.

    Raises DataError for a redirect that leads nowhere, away from HTTPS or on and on, and for a proxy that is no
    address; HTTPError if the server does not answer.
    """
    timeout, place = Timeout(connect=policy.connect, read=policy.read), address
    for _ in range(_REDIRECTS + 1):
        with _pool(place) as pool:
            response = pool.request(
                "GET", place, headers=headers, preload_content=False, redirect=False, retries=retries, timeout=timeout
            )
            with response:
                retries = response.retries or retries
                if not (location := response.get_redirect_location()):
                    yield response
                    return
        place = _redirected(address, place, location)
    raise DataError(f"{address}: the server redirects more than {_REDIRECTS} times; choose another source")


def _redirected(address: str, place: str, location: str) -> str:
    """Where a redirect leads."""
    try:
        there = urljoin(place, location)
    except ValueError:
        there = location
    parts = parsed(there)
    if parts is None or (parts.scheme == "http" and urlsplit(place).scheme == "https"):
        fault = "which is no address over HTTP" if parts is None else "which is not encrypted"
        raise DataError(f"{address}: the server redirects to {quoted(there)}, {fault}; choose another source")
    return there


def _pool(address: str) -> PoolManager:
    """Connections, through the proxy that the environment names."""
    parts = urlsplit(address)
    proxy = getproxies().get(parts.scheme)
    if not proxy or proxy_bypass(parts.netloc):
        return PoolManager()
    ((scheme, login, host),) = _PROXY.findall(proxy)[:1]
    place = f"{scheme or 'http'}://{host}"
    if parsed(place) is None:  # what it says may be a password, which no message shows
        expected = "http://host:port or http://name:password@host:port"
        raise DataError(f"the environment's {parts.scheme}_proxy is no address of a proxy; expected {expected}")
    secret = b64encode(unquote(login).encode()).decode()
    return ProxyManager(place, proxy_headers={"proxy-authorization": f"Basic {secret}"} if login else None)


def why(error: Exception) -> str:
    """The reason why urllib3 gave up, in one line."""
    reason = (error.reason or error) if isinstance(error, exceptions.MaxRetryError) else error
    what = quoted((str(reason.args[0] if reason.args else reason).splitlines() or [""])[0], 200)[1:-1].rstrip(".")
    told = {
        exceptions.NameResolutionError: "no such server, or no network",
        exceptions.NewConnectionError: f"no connection ({what.rpartition('] ')[2]}), or no network",
        exceptions.ConnectTimeoutError: "no connection in time, or no network",
        exceptions.ReadTimeoutError: "the server stalls",
        exceptions.SSLError: f"no safe connection ({what})",
        exceptions.ProxyError: f"the proxy that the environment names cannot be reached ({what})",
    }  # the first three are each a kind of the next
    return next((text for kind, text in told.items() if isinstance(reason, kind)), what)
