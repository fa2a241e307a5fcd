"""What can go wrong and be mended by the user: the message is all that is shown; and how text is shown."""

import errno
import logging
import os
import unicodedata

_NO_ROOM, _NO_RIGHT = "make room there, or name a place on another disk", "name a place where you may write"
_MENDS = {
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EFBIG: "raise the limit on files' sizes (ulimit -f), or name a place on another disk",
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EROFS: _NO_RIGHT,
    errno.EEXIST: "name another place, or move what is there",
    errno.ENOTDIR: "a part of this name is a file: name another place",
    errno.ENAMETOOLONG: "name a shorter one",
}  # of what the system says


class StratusError(Exception):
    """An error whose message names the place and the mend; shown without a traceback."""


class ConfigurationError(StratusError):
    """A setting, or a combination of settings, that cannot work."""


class DataError(StratusError):
    """A table or a file that does not hold what it should."""


class CheckpointError(StratusError):
    """A run's folder or checkpoint that cannot be read."""


class Diverged(StratusError):
    """Training that stopped at a loss which is not a finite number."""


def mendable(error: BaseException) -> bool:
    """Whether an exception's `message` is all that the user needs; others are bugs, whose traceback is wanted."""
    return isinstance(error, StratusError) or (isinstance(error, OSError) and error.errno is not None)


def message(error: BaseException) -> str:
    """What an exception says, `legible`; of a file what `system` says, after its name; of a bug also its type."""
    if isinstance(error, OSError) and error.strerror:
        return legible(f"{os.fspath(error.filename)}: {system(error)}" if error.filename else system(error))
    said, name = str(error), type(error).__name__
    return legible(said if said and isinstance(error, StratusError) else f"{name}: {said}" if said else name)


def system(error: OSError) -> str:
    """What the system says of an error, and what mends it where that is known."""
    said, mend = str(error.strerror or error), _MENDS.get(error.errno or 0)
    return f"{said}; {mend}" if mend else said


def legible(text: str, keep: str = "") -> str:
    """A text as a terminal may be given it: what it would obey, such as ESC or a change of direction, is spelled out.

    So are line breaks and tabs but those to `keep`, and what has no glyph of its own.
    """
    if text.isprintable():
        return text
    fine = {one for one in set(text) if one.isprintable() or one in keep or unicodedata.category(one) == "Zs"}
    return "".join(one if one in fine else one.encode("unicode_escape").decode() for one in text)


class LegibleFormatter(logging.Formatter):
    """Log lines as terminals and files may be given them; conf/config.yaml names it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, or with a traceback the lines."""
        return legible(super().format(record), keep="\n\t")


def first_line(error: BaseException) -> str:
    """The first line of an exception's message."""
    return (str(error).splitlines() or [""])[0]


def counted(count: int, noun: str) -> str:
    """How many there are: 1 day, 2 days."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def quoted(text: str, most: int = 60) -> str:
    """A text as a message quotes it: shortened to so many characters, what cannot be printed as its code."""
    return repr(text if len(text) <= most else f"{text[: most - 1]}…")
