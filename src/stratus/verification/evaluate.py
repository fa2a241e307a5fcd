"""How good a task is, as a table for a notebook."""

import polars as pl

from stratus.data.splits import Splits
from stratus.tasks.linear import LinearTask
from stratus.verification.model import Model
from stratus.verification.references import References
from stratus.verification.verify import verify


def evaluate(task: LinearTask, splits: Splits) -> pl.DataFrame:
    """The scores of a trained task on the test days, beside climatology, persistence and the exact optimum.

    Returns:
        A row a forecaster, the model first, and a column a score.
    """
    (found,) = verify(Model.of(task, splits.recipe.target), splits, References.fit(task, splits))
    rows = {"model": found.metrics} | found.references
    names = [name for name in found.metrics if name.startswith("test/") and name.count("/") == 1]
    scores = {name.removeprefix("test/"): [row[name] for row in rows.values()] for name in names}
    return pl.DataFrame({"forecaster": list(rows), **scores})
