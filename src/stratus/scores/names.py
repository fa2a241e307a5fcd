"""The one table of scores: which way each is better."""

# By the names that scores have in run.json, without the split before and the class behind; in the order of tables.
HIGHER_IS_BETTER: dict[str, bool | None] = {
    "loss": False,
    "accuracy": True,
    "mae": False,
    "rmse": False,
    "bias": None,  # 0 is best
    "log_loss": False,
    "brier": False,
    "brier_reliability": False,
    "brier_resolution": True,
    "brier_uncertainty": None,  # no forecast changes it
    "heidke": True,
    "peirce": True,
    "skill": True,
    "days": None,
    "recall": True,
    "precision": True,
    "average_precision": True,
    "roc_auc": True,
}
BY_CLASS = (
    "days",
    "recall",
    "precision",
    "average_precision",
    "roc_auc",
)  # those of each class, in the order of tables


def higher_is_better(score: str) -> bool | None:
    """Which way a score is better, such as `test/recall/snow`; None for neither way, or a score of a user's own."""
    name = score.removeprefix("train/").removeprefix("val/").removeprefix("test/").partition("/")[0]
    return HIGHER_IS_BETTER.get(name)
