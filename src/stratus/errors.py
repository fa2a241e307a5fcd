"""What can go wrong and be mended by the user: the message is all that is shown."""


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


def first_line(error: BaseException) -> str:
    """The first line of an exception's message."""
    return (str(error).splitlines() or [""])[0]


def quoted(text: str, most: int = 60) -> str:
    """A text as a message quotes it: shortened to so many characters, what cannot be printed as its code."""
    return repr(text if len(text) <= most else f"{text[: most - 1]}…")
