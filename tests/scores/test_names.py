"""Which way each score is better."""

import json

import pytest

from stratus.scores.names import HIGHER_IS_BETTER, higher_is_better


@pytest.mark.parametrize(
    ("score", "better"),
    [
        ("accuracy", True),
        ("test/accuracy", True),
        ("train/loss", False),
        ("val/rmse", False),
        ("test/recall/snow", True),
        ("test/average_precision/no rain", True),
        ("test/bias", None),
        ("test/days/snow", None),
        ("test/score of a user's own", None),
    ],
)
def test_a_score_is_known_by_its_name_whatever_the_split_and_the_class(score, better):
    assert higher_is_better(score) is better


def test_every_score_that_a_run_records_is_in_the_table(short):
    for task in ("regression", "binary", "multiclass", "multilabel"):
        recorded = json.loads((short(task) / "run.json").read_text())["metrics"]
        assert {name.split("/")[1] for name in recorded} <= set(HIGHER_IS_BETTER)
