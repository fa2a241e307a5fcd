"""Limits of the learning rate, beside the Hessian's eigenvalues in numpy, and the steps that theory says."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression


def design(*columns, standardise=True):
    x = np.column_stack(columns).astype(float)
    if standardise:
        x = (x - x.mean(0)) / x.std(0)
    return np.column_stack([x, np.ones(len(x))])


@pytest.fixture(scope="module")
def models(days):
    before, first, second = (days[name].to_numpy() for name in ("before", "first", "second"))
    day = days["date"].dt.ordinal_day().to_numpy()
    return {
        "two_days": (design(before, first), second),
        "raw": (design(day, standardise=False), second),
        "rain": (design(first, second), days["wet"].to_numpy()),
    }


def curvature(design, of_loss):
    return np.linalg.eigvalsh(design.T @ (of_loss * design) / len(design))


@pytest.mark.parametrize(
    ("name", "of_loss", "published"), [("two_days", 2, 0.5130), ("raw", 2, 2.23e-5), ("rain", 0.25, 4.10)]
)
def test_the_limit_is_two_by_the_hessians_largest_eigenvalue(figures, models, name, of_loss, published):
    eigenvalues = curvature(models[name][0], of_loss)
    assert figures[name]["limit"] == pytest.approx(2 / eigenvalues[-1], rel=1e-7)  # means kept in float32
    assert figures[name]["limit"] == pytest.approx(published, rel=2e-3)
    if name != "rain":
        assert figures[name]["at_optimum"] == pytest.approx(2 / eigenvalues[-1], rel=1e-6)
        assert figures[name]["slowest"] == pytest.approx(1 / eigenvalues[0], rel=1e-5)


def test_the_optimum_of_the_rain_model_holds_descent_up_to_its_own_limit(figures, models):
    x, y = models["rain"]
    fit = LogisticRegression(C=np.inf, tol=1e-10).fit(x[:, :2], y)
    p = fit.predict_proba(x[:, :2])[:, 1]
    limit = 2 / curvature(x, (p * (1 - p))[:, None])[-1]
    assert figures["rain"]["at_optimum"] == pytest.approx(limit, rel=1e-5)
    assert limit == pytest.approx(5.04, abs=5e-3)


@pytest.mark.parametrize(("name", "rate", "published"), [("two_days", 0.52, 1448), ("raw", 2.3e-5, 642)])
def test_above_the_limit_the_loss_is_infinite_at_the_step_that_theory_says(figures, models, name, rate, published):
    x, y = models[name]
    eigenvalues, vectors = np.linalg.eigh(2 * x.T @ x / len(x))
    error = vectors.T @ np.linalg.lstsq(x, y)[0]
    steps = np.arange(2000)[:, None]
    excess = (eigenvalues / 2 * error**2 * (1 - rate * eigenvalues) ** (2 * steps)).sum(1)
    theory = np.argmax(excess > np.finfo(np.float32).max / len(x))  # the mean's sum overflows first
    found = figures[name]["infinite_at"][f"{rate:g}"]
    assert found == pytest.approx(theory, abs=2)
    assert found == pytest.approx(published, rel=0.06)  # published for another start


def test_only_rates_above_the_limit_leave_the_numbers(figures):
    for name in ("two_days", "raw"):
        for rate, step in figures[name]["infinite_at"].items():
            assert (step is not None) == (float(rate) > figures[name]["limit"])
    assert figures["two_days"]["nan_at"] > figures["two_days"]["infinite_at"]["0.6"]


def test_below_the_limit_unscaled_inputs_crawl_as_theory_says(figures, models):
    x, y = models["raw"]
    eigenvalues, vectors = np.linalg.eigh(2 * x.T @ x / len(x))
    best = np.linalg.lstsq(x, y)[0]
    left = vectors.T @ best * (1 - 2.2e-5 * eigenvalues) ** 1000
    loss = ((y - x @ best) ** 2).mean() + (eigenvalues / 2 * left**2).sum()
    assert figures["raw"]["crawls_at"] == pytest.approx(loss, rel=1e-3)


def test_a_cross_entropy_swings_but_stays_finite(figures, models):
    x, y = models["rain"]
    theta, losses = np.zeros(3), []
    for _ in range(301):
        z = x @ theta
        losses.append((np.logaddexp(0, z) - y * z).mean())
        theta = theta - 5.5 * x.T @ (1 / (1 + np.exp(-z)) - y) / len(x)
    low, high = sorted(losses[-2:])
    assert figures["rain"]["swings"] == pytest.approx([low, high], rel=1e-4)
    assert high - low > 0.01
    # a gradient's size is at most the mean of |a|, so a loss after n steps is below log 2 + n ε mean(|a|) max(|a|)
    sizes = np.linalg.norm(x, axis=1)
    assert figures["rain"]["highest"] < np.log(2) + 300 * 1e6 * sizes.mean() * sizes.max()
    assert figures["rain"]["highest"] < 1e6
