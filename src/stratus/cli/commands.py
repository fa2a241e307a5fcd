"""All commands but `train`, which Hydra reads."""

import sys

from stratus import __version__
from stratus.cli import compare, data, lecture, new, runs, summary
from stratus.cli.parser import Parser, add
from stratus.errors import StratusError, message
from stratus.runs import signals, terminal
from stratus.runs.report import show


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit code, see `stratus.cli.main`."""
    if arguments is None:
        terminal.protect()
        signals.listen()
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
    options = None
    try:
        options = parser.parse_args(arguments)
        options.command(options)
    except (StratusError, OSError) as error:
        print(f"stratus: {message(error)}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, SystemExit) as end:
        code = int(end.code or 0) if isinstance(end, SystemExit) else 130
        if code not in signals.CODES or options is None:
            raise
        if arguments is None:
            signals.ignore()
        from stratus.runs import stopped  # noqa: PLC0415 - Hydra, not where all goes well

        words = sys.argv[1:] if arguments is None else arguments
        kept, mend = options.kept(options)
        stopped.say(kept, mend, [*stopped.typed(words), *words])
        return code
    finally:
        terminal.say_what_was_lost()
    return 0
