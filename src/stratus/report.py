"""The table that ends a run: the model beside what it has to beat and what it could reach."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

ORDER = ("loss", "accuracy", "mae", "rmse", "bias", "brier", "skill")


def scoreboard(rows: Mapping[str, Mapping[str, float | None]], title: str) -> Table:
    """Rows of scores by name; a column for each score of any row, recalls last.

    Args:
        rows: Scores by their names without the split, such as `loss`, `recall/snow`; None prints as a dash.
        title: What the scores are of.
    """
    named = list(dict.fromkeys(score for row in rows.values() for score in row))
    columns = [one for one in ORDER if one in named] + [one for one in named if one.startswith("recall/")]
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("")
    for column in columns:
        table.add_column(column.replace("recall/", "recall\n"), justify="right")
    for name, row in rows.items():
        table.add_row(name, *(_figure(row.get(column), column) for column in columns))
    return table


def _figure(value: float | None, column: str) -> str:
    if value is None or value != value:
        return "–"
    return f"{value:+.3f}" if column in ("skill", "bias") else f"{value:.4f}" if column == "loss" else f"{value:.3f}"


def show(*parts: Any) -> None:
    """Prints to the terminal; as plain text of a width that holds a table where there is none."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    for part in parts:
        console.print(part, highlight=False)
