"""Addresses over HTTP."""

import re
from urllib.parse import SplitResult, urlsplit


def parsed(address: str) -> SplitResult | None:
    """The parts of an address over HTTP that has a host and, if any, a real port, but no name and password."""
    try:
        parts = urlsplit(address)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:  # brackets around what is no address, a port that is no number
        return None
    return parts if fine and not re.search(r"[^!-~]", address) else None
