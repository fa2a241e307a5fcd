"""The weights over the steps, and optima from outside."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from sklearn.linear_model import LogisticRegression

from stratus.pictures import weights


def read(figure, k):
    """Of panel k the curves by name, [t, 2], and the level of each dashed line."""
    curves, optima, by_colour = {}, {}, {}
    for line in figure.axes[k].lines:
        colour = to_hex(line.get_color())
        if line.get_linestyle() == ":":  # which marks the kept weights
            continue
        if line.get_linestyle() == "--":
            optima[by_colour[colour]] = line.get_ydata()[0]
        else:
            by_colour[colour] = line.get_label()
            curves[line.get_label()] = np.column_stack(line.get_data())
    return curves, optima


def exact(task, x, y):
    """W and b of the exact optimum on standardised inputs, by least squares or scikit-learn."""
    x = (x - x.mean(0)) / x.std(0)
    if task == "regression":
        *weight, bias = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y[:, 0])[0]
        return np.array([weight]), np.array([bias])
    columns = [y] if task == "multiclass" else y.T
    fits = [LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(x, column) for column in columns]
    return np.concatenate([f.coef_ for f in fits]), np.concatenate([f.intercept_ for f in fits])


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass", "multilabel"])
def test_curves_end_at_the_last_weights_and_dashed_lines_are_the_exact_optimum(drawn, task):
    one = drawn(f"task={task}")
    splits = one.run.splits
    state = torch.load(one.folder / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    weight, bias = (state[f"linear.{name}"].double().numpy() for name in ("weight", "bias"))
    best_weight, best_bias = exact(task, splits.train.x, splits.train.y)
    if task == "multiclass":  # determined up to a constant over the classes
        weight, bias, best_weight, best_bias = (one - one.mean(0) for one in (weight, bias, best_weight, best_bias))
    for k, _ in enumerate(splits.outputs):
        curves, optima = read(one.figures["weights"], k)
        assert list(curves) == [*splits.inputs, "bias"]
        assert [curve[-1, 1] for curve in curves.values()] == pytest.approx([*weight[k], bias[k]], abs=1e-6)
        assert list(optima.values()) == pytest.approx([*best_weight[k], best_bias[k]], abs=2e-4)
        assert optima.keys() == curves.keys()
        assert [step for step, _ in curves["bias"]] == [0, 23, 46, 69]  # 729 days in batches of 32, three epochs


def test_a_run_from_zeros_starts_at_zero(drawn):
    curves, _ = read(drawn("task=binary").figures["weights"], 0)
    assert all(curve[0].tolist() == [0, 0] for curve in curves.values())


def test_units_are_those_of_the_target_or_log_odds(drawn):
    labels = {task: drawn(f"task={task}").figures["weights"].axes[0].get_ylabel() for task in ("regression", "binary")}
    assert labels == {"regression": "weight, bias (°C)", "binary": "weight, bias (log-odds)"}


def test_a_dotted_line_marks_the_kept_weights(drawn):
    for task in ("binary", "multiclass"):
        run = drawn(f"task={task}")
        figure, step = run.figures["weights"], 23 * run.run.result.best_epoch  # batches an epoch
        for axes in figure.axes:
            dotted = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"]
            assert dotted == [step]
        assert f"dotted: the kept weights, of step {step:,}" in " ".join(figure.get_suptitle().split())


def test_of_many_inputs_the_largest_are_drawn_and_the_title_says_so():
    random = np.random.default_rng(0)
    weight = random.normal(size=(5, 2, 30))
    figure = weights.draw(
        range(5), weight, np.zeros((5, 2)), None, inputs=[f"x{j}" for j in range(30)], outputs=["a", "b"],
        unit="°C", place="here",
    )  # fmt: skip
    curves, optima = read(figure, 0)
    largest = np.argsort(-np.abs(weight[-1]).max(0))[: weights.MOST_LINES]
    assert set(curves) == {f"x{j}" for j in largest} | {"bias"}
    assert optima == {}
    assert "the 6 largest of 30 inputs" in figure.get_suptitle()
    assert "no optimum" in figure.get_suptitle()
