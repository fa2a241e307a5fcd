"""All scores of a kind of forecast against scikit-learn: of many forecasters at once, and of days in chunks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    cohen_kappa_score,
    log_loss,
    mean_absolute_error,
    root_mean_squared_error,
)

from stratus.data.targets import TARGETS
from stratus.scores.scoring import CategoryScoring, EventScoring, ValueScoring, scoring_of

F, N = 3, 80
seeds = st.integers(0, 2**32 - 1)


def scores(scoring, forecast, decision, y):
    """By name [F]: from the means over the days of what each contributes, and from the sums over bins."""
    means = {name: value.mean(1) for name, value in scoring.terms(forecast, decision, y).items()}
    return scoring.from_means(means) | scoring.from_bins(scoring.bins(forecast, y), y.shape[1])


def of_values(seed):
    draw = np.random.default_rng(seed)
    forecast, y = draw.normal(10, 3, (F, N, 2)).round(1), draw.normal(10, 3, (1, N, 2)).round(1)  # as readings are
    return ValueScoring(2.0), forecast, forecast, y


def of_events(seed):
    draw = np.random.default_rng(seed)
    p = draw.uniform(0.01, 0.99, (F, N, 2))
    return EventScoring(), p, (p > 0.5).astype(float), (draw.uniform(size=(1, N, 2)) < 0.4).astype(float)


def of_categories(seed):
    draw = np.random.default_rng(seed)
    p = draw.dirichlet(np.ones(4), (F, N)) * 0.98 + 0.005
    return CategoryScoring(), p, p.argmax(-1), draw.integers(0, 4, (1, N))


def without_parts(found, k):
    """The scores of forecaster k without the parts of its Brier score, which add up to it."""
    one = {name: float(value[k]) for name, value in found.items()}
    parts = [one.pop(f"brier_{part}") for part in ("reliability", "resolution", "uncertainty")]
    assert parts[0] - parts[1] + parts[2] == pytest.approx(one["brier"], abs=1e-12)
    return one


@given(seeds)
def test_values_are_scored_as_by_scikit_learn(seed):
    scoring, forecast, decision, y = of_values(seed)
    found = scores(scoring, forecast, decision, y)
    for k in range(F):
        error = forecast[k] - y[0]
        rmse = root_mean_squared_error(y[0].ravel(), forecast[k].ravel())
        assert {name: float(value[k]) for name, value in found.items()} == pytest.approx(
            {
                "accuracy": np.mean(np.abs(error).round(1) <= 2),
                "mae": mean_absolute_error(y[0], forecast[k]),
                "mse": rmse**2,
                "rmse": rmse,
                "bias": error.mean(),
            }
        )


@given(seeds)
def test_events_are_scored_as_by_scikit_learn(seed):
    scoring, p, decision, y = of_events(seed)
    found = scores(scoring, p, decision, y)
    for k in range(F):
        columns = list(zip(y[0].T, p[k].T, decision[k].T, strict=True))
        peirce = [balanced_accuracy_score(truth, answer, adjusted=True) for truth, _, answer in columns]
        assert without_parts(found, k) == pytest.approx(
            {
                "log_loss": np.mean([log_loss(truth, said) for truth, said, _ in columns]),
                "accuracy": accuracy_score(y[0].ravel(), decision[k].ravel()),
                "brier": np.mean([brier_score_loss(truth, said) for truth, said, _ in columns]),
                "heidke": np.mean([cohen_kappa_score(truth, answer) for truth, _, answer in columns]),
                "peirce": np.mean(peirce),
            }
        )


@given(seeds)
def test_categories_are_scored_as_by_scikit_learn(seed):
    scoring, p, decision, y = of_categories(seed)
    found, truth = scores(scoring, p, decision, y), y[0]
    for k in range(F):
        as_often, by_chance = (np.mean(truth[:, None] == other[None]) for other in (truth, decision[k]))
        accuracy = accuracy_score(truth, decision[k])
        assert without_parts(found, k) == pytest.approx(
            {
                "log_loss": log_loss(truth, p[k], labels=range(4)),
                "accuracy": accuracy,
                "brier": sum(brier_score_loss(truth == c, p[k][:, c]) for c in range(4)),
                "heidke": cohen_kappa_score(truth, decision[k]),
                "peirce": (accuracy - by_chance) / (1 - as_often),
            }
        )


@pytest.mark.parametrize("kind", [of_values, of_events, of_categories])
def test_many_forecasters_at_once_have_the_scores_that_each_has_alone(kind):
    scoring, forecast, decision, y = kind(7)
    together = scores(scoring, forecast, decision, y)
    for k in range(F):
        alone = scores(scoring, forecast[[k]], decision[[k]], y)
        assert {name: value[k] for name, value in together.items()} == pytest.approx(
            {name: value[0] for name, value in alone.items()}, rel=1e-12, abs=1e-12
        )


@pytest.mark.parametrize("kind", [of_values, of_events, of_categories])
def test_days_in_chunks_have_the_scores_of_all(kind):
    scoring, forecast, decision, y = kind(8)
    pieces = [slice(0, 1), slice(1, 50), slice(50, N)]
    terms = [scoring.terms(*(one[:, here] for one in (forecast, decision, y))) for here in pieces]
    means = {name: np.concatenate([one[name] for one in terms], 1).mean(1) for name in terms[0]}
    sums = [scoring.bins(forecast[:, here], y[:, here]) for here in pieces]
    total = {name: sum(one[name] for one in sums) for name in sums[0]}
    found = scoring.from_means(means) | scoring.from_bins(total, N)
    for name, expected in scores(scoring, forecast, decision, y).items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-12, atol=1e-12)


def test_a_reference_may_bring_a_decision_that_its_probabilities_do_not_say():
    y, p = np.array([[[1.0], [1.0], [0.0], [0.0]]]), np.full((1, 4, 1), 0.4)
    found = scores(EventScoring(), p, np.array([[[1.0], [1.0], [0.0], [1.0]]]), y)
    assert found["accuracy"] == 0.75
    assert found["peirce"] == pytest.approx(0.5)  # all hits, half of the false alarms


def test_a_truth_held_to_be_impossible_costs_a_finite_amount():
    none, sure = np.zeros((1, 1, 1)), np.eye(2)[[[0]]]
    assert np.isfinite(EventScoring().terms(none, none, none + 1)["log_loss"]).all()
    assert np.isfinite(CategoryScoring().terms(sure, np.array([[0]]), np.array([[1]]))["log_loss"]).all()


# --- by class


def test_a_single_event_has_the_days_with_it_and_those_without_as_classes():
    _, p, decision, y = of_events(9)
    one = slice(0, 1)
    given_, decided, came = EventScoring().classes(p[..., one], decision[..., one], y[..., one])
    assert EventScoring().class_names(["rain"]) == ["rain", "no rain"]
    np.testing.assert_allclose(given_, np.concatenate([p[..., one], 1 - p[..., one]], -1))
    np.testing.assert_array_equal(decided[..., 1], 1 - decision[..., 0])
    np.testing.assert_array_equal(came[0], np.concatenate([y[0, :, one], 1 - y[0, :, one]], -1))


def test_labels_and_categories_have_their_own_names_and_values_no_class():
    assert EventScoring().class_names(["Bergen", "Oslo"]) == ["Bergen", "Oslo"]
    assert CategoryScoring().class_names(["fog", "sun"]) == ["fog", "sun"]
    _, p, decision, y = of_categories(10)
    given_, decided, came = CategoryScoring().classes(p, decision, y)
    assert np.array_equal(given_, p)
    assert np.array_equal(decided.argmax(-1), decision)
    assert np.array_equal(came[0].argmax(-1), y[0])
    assert (came.sum(-1) == 1).all()
    assert ValueScoring(2.0).class_names(["temperature"]) == []
    assert ValueScoring(2.0).classes(np.zeros((F, N, 1)), np.zeros((F, N, 1)), np.zeros((1, N, 1)))[0].shape[-1] == 0


@pytest.mark.parametrize(
    ("target", "kind", "ruler"),
    [
        ("temperature", ValueScoring, "mse"),
        ("rain", EventScoring, "brier"),
        ("rain_by_station", EventScoring, "brier"),
        ("weather", CategoryScoring, "brier"),
    ],
)
def test_a_target_has_its_scores_and_a_ruler_for_skill(target, kind, ruler):
    scoring = scoring_of(TARGETS[target], 1.5)
    assert isinstance(scoring, kind)
    assert scoring.ruler == ruler
    if kind is ValueScoring:
        assert scoring.tolerance == 1.5


def with_gaps(y):
    """The same truth, a third of it unknown, and where it is known."""
    known = np.random.default_rng(5).uniform(size=y.shape) < 2 / 3
    return np.where(known, y, np.nan), known[0]


def test_every_known_value_counts_alike():
    scoring, forecast, decision, y = of_values(9)
    gappy, known = with_gaps(y)
    found = scores(scoring, forecast, decision, gappy)
    for k in range(F):
        said, truth = forecast[k][known], y[0][known]
        assert {name: float(value[k]) for name, value in found.items()} == pytest.approx(
            {
                "accuracy": np.mean(np.abs(said - truth).round(1) <= 2),
                "mae": mean_absolute_error(truth, said),
                "mse": root_mean_squared_error(truth, said) ** 2,
                "rmse": root_mean_squared_error(truth, said),
                "bias": np.mean(said - truth),
            }
        )


def test_every_known_event_counts_alike_and_labels_are_judged_on_their_own_days():
    scoring, p, decision, y = of_events(10)
    gappy, known = with_gaps(y)
    found = scores(scoring, p, decision, gappy)
    for k in range(F):
        columns = [(y[0, one, j], decision[k, one, j]) for j, one in enumerate(known.T)]
        assert without_parts(found, k) == pytest.approx(
            {
                "log_loss": log_loss(y[0][known], p[k][known]),
                "accuracy": accuracy_score(y[0][known], decision[k][known]),
                "brier": brier_score_loss(y[0][known], p[k][known]),
                "heidke": np.mean([cohen_kappa_score(*one) for one in columns]),
                "peirce": np.mean([balanced_accuracy_score(*one, adjusted=True) for one in columns]),
            }
        )


@pytest.mark.parametrize("kind", [of_values, of_events])
def test_days_in_chunks_of_which_one_alone_has_gaps_have_the_scores_of_all(kind):
    scoring, forecast, decision, y = kind(11)
    gappy = np.concatenate([y[:, :50], with_gaps(y)[0][:, 50:]], axis=1)
    terms = [scoring.terms(*(one[:, h] for one in (forecast, decision, gappy))) for h in (slice(50), slice(50, N))]
    means = {name: np.concatenate([one[name] for one in terms], 1).mean(1) for name in terms[0]}
    expected = scores(scoring, forecast, decision, gappy)
    for name, value in scoring.from_means(means).items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-12)
