"""The command `stratus`: what can be done beside training."""

import sys

from stratus.cli import compare, data, lecture, runs
from stratus.cli.parser import Parser
from stratus.errors import StratusError, legible


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit code: 1 for an error, whose message is one line, 130 after Ctrl-C."""
    parser = Parser(prog="stratus", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for one in (runs, compare, lecture, data):
        one.add_commands(commands)
    try:
        options = parser.parse_args(arguments)
        options.command(options)
    except StratusError as error:
        print(f"stratus: {legible(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stratus: interrupted", file=sys.stderr)
        return 130
    return 0
