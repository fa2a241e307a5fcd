"""The command `stratus`: what can be done beside training."""

import sys

from stratus.cli import compare, data, lecture, runs, summary
from stratus.cli.parser import Parser
from stratus.errors import StratusError, message
from stratus.runs import terminal


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit code: 1 for an error, whose message is one line, 130 after Ctrl-C."""
    if arguments is None:
        terminal.protect()
    parser = Parser(prog="stratus", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for one in (runs, compare, summary, lecture, data):
        one.add_commands(commands)
    try:
        options = parser.parse_args(arguments)
        options.command(options)
    except (StratusError, OSError) as error:
        print(f"stratus: {message(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stratus: interrupted", file=sys.stderr)
        return 130
    finally:
        terminal.say_what_was_lost()
    return 0
