"""What common mistakes do to the numbers."""

import math

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch.nn.functional import binary_cross_entropy, nll_loss

from stratus.lecture.lessons.common_mistakes import SigmoidTwice, SoftmaxTwice


def test_an_activation_applied_twice_loses_to_a_constant(figures):
    sigmoid, softmax = figures["sigmoid"], figures["softmax"]
    assert sigmoid["twice"] == pytest.approx(0.6927999, abs=2e-7)
    assert softmax["twice"] == pytest.approx(1.2814321, abs=2e-6)
    assert (sigmoid["constant"], sigmoid["once"]) == pytest.approx((0.6851700, 0.6390691), abs=1e-7)
    assert (softmax["constant"], softmax["once"]) == pytest.approx((1.0796388, 0.9924306), abs=1e-7)
    for one in (sigmoid, softmax):
        assert one["best_of_starts"] > one["constant"] > one["once"]
    assert (sigmoid["least"], sigmoid["most"]) == pytest.approx((0.5, 1 / (1 + math.exp(-1))))
    assert softmax["most"] == pytest.approx(math.e / (math.e + 4))


def test_an_activation_applied_twice_leaves_a_loss_that_is_not_convex(figures):
    ends = figures["sigmoid"]["best_of_starts"], figures["sigmoid"]["worst_of_starts"]
    assert ends[1] - ends[0] > 1e-4
    task, y = SigmoidTwice(inputs=["a"], units=["1"], outputs=["rain"]), torch.ones(1, 1, dtype=torch.float64)
    below, middle, above = (task.loss(torch.full_like(y, z), y).item() for z in (-3.0, -2.0, -1.0))
    assert middle > (below + above) / 2  # the chord lies below the curve


def test_the_wrong_losses_are_those_of_two_activations():
    z = torch.linspace(-4, 4, 12, dtype=torch.float64)
    twice = torch.sigmoid(torch.sigmoid(z[:, None]))
    y = (torch.arange(12) % 2).double()[:, None]
    task = SigmoidTwice(inputs=["a"], units=["1"], outputs=["rain"])
    torch.testing.assert_close(task.loss(z[:, None], y), binary_cross_entropy(twice, y))
    task = SoftmaxTwice(inputs=["a"], units=["1"], outputs=["a", "b", "c"])
    rows, classes = z.view(4, 3), torch.tensor([0, 1, 2, 0])
    said = torch.softmax(torch.softmax(rows, -1), -1)
    torch.testing.assert_close(task.loss(rows, classes), nll_loss(said.log(), classes))


def test_what_is_usual_gains_by_counting_the_test_days(run, figures, days_of):
    """A logistic regression on two waves of the year, with half a day of each answer spread over the year."""
    days = days_of(run).select("test", "wet", day=pl.col("date").dt.ordinal_day())
    year, answers = np.arange(1, 367), np.repeat([False, True], 366)
    test = days.filter("test")

    def waves(day):
        angle = 2 * np.pi * np.asarray(day) / 365.25
        return np.column_stack([np.cos(angle), np.sin(angle), np.cos(2 * angle) / 2, np.sin(2 * angle) / 2])

    def brier(counted):
        weights = np.r_[np.ones(len(counted)), np.full(732, 0.5 / 366)]
        x, y = waves([*counted["day"], *year, *year]), np.r_[counted["wet"].to_numpy(), answers]
        usual = LogisticRegression(C=1, tol=1e-10, max_iter=1000).fit(x, y, sample_weight=weights)
        return np.mean((usual.predict_proba(waves(test["day"]))[:, 1] - test["wet"].to_numpy()) ** 2)

    assert figures["usual_brier"] == pytest.approx(brier(days.filter(~pl.col("test"))), abs=1e-6)
    assert figures["leaking_usual_brier"] == pytest.approx(brier(days), abs=1e-6)
    assert figures["leaking_usual_brier"] < figures["usual_brier"] - 0.003


def test_the_optimum_does_not_depend_on_the_scale_and_few_steps_do(figures):
    assert abs(figures["standardising_leak_optimum"]) < 1e-12
    assert 1e-5 < abs(figures["standardising_leak_early"]) < 1e-2


def test_an_answer_among_the_inputs_is_found(figures):
    assert figures["given_rmse"] < 1e-5
    assert figures["honest_rmse"] == pytest.approx(1.921, abs=1e-3)


def test_starts_that_all_end_alike_are_no_evidence_of_valleys(trained, tmp_path):
    given = ["data=new_york", "optimizer.lr=0.01", "pictures=none"]
    run = trained(tmp_path / "run", "experiment=lecture/common_mistakes", *given)
    # The best that σ(σ(z)) can give dry days is 0.5, so on rare rain every start flattens out at log 2.
    assert f"Here 4 random starts of the first mistake all end at {np.log(2):.4f}." in run["lesson"]["card"]
