"""All commands but `train`, which Hydra reads."""

import sys

from stratus.cli import compare, data, lecture, new, runs, summary
from stratus.cli.parser import Parser
from stratus.errors import StratusError, message
from stratus.runs import terminal


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit code, see `stratus.cli.main`."""
    if arguments is None:
        terminal.protect()
    parser = Parser(prog="stratus", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("train", help="train: as python train.py, with the words that follow", add_help=False)
    for one in (runs, compare, summary, lecture, data, new):
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
