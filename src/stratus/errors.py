"""What can go wrong and be mended by the user: the message is all that is shown."""

import os


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


def message(error: BaseException) -> str:
    """What an exception says; of a file the system's words, after its name; of a bug also the exception's name."""
    if isinstance(error, OSError) and error.strerror:
        return f"{os.fspath(error.filename)}: {error.strerror}" if error.filename else error.strerror
    said, name = str(error), type(error).__name__
    return said if said and isinstance(error, StratusError) else f"{name}: {said}" if said else name


def first_line(error: BaseException) -> str:
    """The first line of an exception's message."""
    return (str(error).splitlines() or [""])[0]
