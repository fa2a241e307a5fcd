"""All commands but `train`, which Hydra reads."""

import sys

from stratus import __version__
from stratus.cli import compare, data, lecture, new, runs, summary
from stratus.cli.parser import Parser, add
from stratus.errors import StratusError, message
from stratus.runs import terminal
from stratus.runs.report import show


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit code, see `stratus.cli.main`."""
    if arguments is None:
        terminal.protect()
    parser = Parser(prog="stratus", description="Linear weather forecasts: trains, scores, explains, forecasts.")
    parser.add_argument("--version", action="store_true", help="show which version this is")
    parser.set_defaults(
        command=lambda options: show(f"stratus {__version__}") if options.version else parser.print_help()
    )
    commands = parser.add_subparsers(metavar="COMMAND")
    add(commands, "help", lambda options: parser.print_help(), "show what there is; stratus COMMAND --help tells more")
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
