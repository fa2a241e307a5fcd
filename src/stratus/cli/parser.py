"""What all commands share: how their words are read."""

import argparse
import os
import re
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from stratus.errors import ConfigurationError, quoted


class Parser(argparse.ArgumentParser):
    """Raises a ConfigurationError where argparse would print its usage and exit."""

    def error(self, message: str) -> NoReturn:
        """Raises the error, which says where help is, and of a command that there is not, what is near."""
        if found := re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message):
            known = re.findall(r"[\w-]+", found[2])
            near = "".join(f" is it {one}?" for one in get_close_matches(found[1], known, 1))
            message = f"there is no {quoted(found[1])};{near} there are {', '.join(known)}"
        message = message.replace("the following arguments are required:", "expected")
        message = message.replace("unrecognized arguments:", "nothing takes")
        raise ConfigurationError(f"{message}; see {self.prog} --help")


def add(commands: Any, name: str, command: Callable[[argparse.Namespace], None], about: str) -> argparse.ArgumentParser:
    """The parser of a new command; `kept` among its options says what is, and what the command does after a signal."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about)
    parser.set_defaults(command=command, kept=lambda options: ("nothing is kept", "this begins anew"))
    return parser


def output(text: str) -> Path:
    """A file to write, whose folder is there."""
    folder = Path(text).parent
    if not os.path.isdir(folder):
        raise argparse.ArgumentTypeError(f"{text}: there is no folder {folder}: make it first")
    return Path(text)
