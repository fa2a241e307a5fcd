"""Squares and the product bend the boundary and lift the score."""

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression


def test_the_curved_boundary_is_scikit_learn_s_and_beats_the_calendar(trained, tmp_path):
    run = trained(tmp_path, "experiment=lecture/rain_quadratic")
    curved, straight = (run["lesson"]["figures"][name] for name in ("curved", "straight"))
    assert curved["train_loss"] == pytest.approx(0.5916306, abs=2e-6)
    assert straight["train_loss"] == pytest.approx(0.6390691, abs=1e-7)
    assert (curved["brier"], straight["brier"]) == pytest.approx((0.1946, 0.2102), abs=6e-5)
    assert (curved["accuracy"], straight["accuracy"]) == pytest.approx((0.668, 0.652), abs=6e-4)
    assert (curved["skill"], straight["skill"]) == pytest.approx((0.041, -0.036), abs=1e-3)
    assert (tmp_path / "pictures" / "planes.png").is_file()

    table = pl.read_csv(run["data"]["file"], try_parse_dates=True).filter(pl.col("station") == "Seattle")
    mean = (table["temperature_max"] + table["temperature_min"]).to_numpy() / 2
    first, second = mean[1:-1], mean[2:]
    x = np.column_stack([first, second, first**2, second**2, first * second])
    wet, train = (
        table["precipitation"].to_numpy()[2:] > 0,
        table["date"].to_numpy()[2:] < np.datetime64("2015-01-01"),
    )
    scale = x[train].std(axis=0)
    best = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(x[train] / scale, wet[train])
    a, b, c = (best.coef_[0] / scale)[2:]
    assert run["lesson"]["figures"]["discriminant"] == pytest.approx(c**2 - 4 * a * b, rel=0.05)
