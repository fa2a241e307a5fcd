"""The command `stratus`: what can be done beside training."""

import argparse
import sys
from typing import NoReturn

from stratus.cli import compare, lecture, runs, stations, store
from stratus.errors import ConfigurationError, StratusError


class Parser(argparse.ArgumentParser):
    """Tells a wrong word as every other error is told."""

    def error(self, message: str) -> NoReturn:
        """Raises ConfigurationError with the message and where help is."""
        raise ConfigurationError(f"{message}; see {self.prog} --help")


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit code: 1 for an error, whose message is one line, 130 after Ctrl-C."""
    parser = Parser(prog="stratus", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    runs.add_commands(commands)
    compare.add_commands(commands)
    lecture.add_commands(commands)
    stations.add_commands(commands)
    store.add_commands(commands)
    try:
        options = parser.parse_args(arguments)
        options.command(options)
    except StratusError as error:
        print(f"stratus: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stratus: interrupted", file=sys.stderr)
        return 130
    return 0
