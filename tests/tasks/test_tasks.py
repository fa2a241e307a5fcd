"""Each task's loss, gradient, curvature, link and scores against the formulas, and what its loop logs."""

import math
import sys
from datetime import date
from functools import partial
from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import LambdaCallback
from shipped import TARGET, splits_of
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)
from torch.func import hessian, vmap

from stratus import tasks
from stratus.data.datamodule import WeatherDataModule
from stratus.data.samples import Samples
from stratus.data.targets import TARGETS
from stratus.errors import ConfigurationError
from stratus.verification.forecasts import Forecasts
from stratus.verification.verify import Tally

OUTPUTS = {"regression": 2, "binary": 1, "multiclass": 4, "multilabel": 3}
N, M = 40, 3

every_task = pytest.mark.parametrize("name", tasks.NAMES)
seeds = st.integers(0, 2**32 - 1)


def make(name, **shared):
    names = {"inputs": list("abc"), "units": ["1"] * M, "outputs": [f"o{k}" for k in range(OUTPUTS[name])]}
    return tasks.find(name)(**names | shared)


def problem(name, seed):
    """A = (x, 1) [n, m + 1], θ [k, m + 1] and y, in float64."""
    draw, k = np.random.default_rng(seed), OUTPUTS[name]
    design = torch.as_tensor(np.column_stack([draw.normal(size=(N, M)), np.ones(N)]))
    theta = torch.as_tensor(draw.normal(size=(k, M + 1)))
    y = {
        "regression": lambda: draw.normal(size=(N, k)) * 10,
        "multiclass": lambda: draw.integers(0, k, N),
    }.get(name, lambda: draw.integers(0, 2, (N, k)).astype(float))()
    return design, theta, torch.as_tensor(y)


# --- the loss


def lecture(name, z, y):
    """The loss as a blackboard has it: probabilities first, then their logarithm."""
    if name == "regression":
        return np.mean([np.sum((y[i] - z[i]) ** 2) for i in range(len(y))])
    if name == "multiclass":
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        return np.mean([-np.log(p[i, y[i]]) for i in range(len(y))])
    p = 1 / (1 + np.exp(-z))
    return np.mean(np.sum(-y * np.log(p) - (1 - y) * np.log(1 - p), axis=1))


@every_task
@given(seed=seeds)
def test_the_loss_from_logits_is_the_formula_of_the_lecture(name, seed):
    design, theta, y = problem(name, seed)
    z = design @ theta.T
    assert make(name).loss(z, y).item() == pytest.approx(lecture(name, z.numpy(), y.numpy()), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "lead", "loss"),
    [
        ("regression", 1, 182.0843),
        ("binary", 0, math.log(2)),
        ("multiclass", 0, math.log(5)),
        ("multilabel", 0, 2 * math.log(2)),
    ],
)
def test_parameters_of_zero_cost_what_knowing_nothing_costs(name, lead, loss):
    splits = splits_of(name, lead=lead)
    y = torch.as_tensor(splits.train.y)
    z = torch.zeros(len(y), len(splits.outputs), dtype=torch.float64)
    assert tasks.find(name).for_splits(splits).loss(z, y).item() == pytest.approx(loss, abs=5e-5)


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("size", [1e2, 1e4])
def test_a_loss_from_logits_stays_finite_and_right_however_sure_the_forecast(name, size):
    k = OUTPUTS[name]
    right = torch.eye(k)[:1] * 2 * size - size  # sure of the first output
    if name == "multiclass":
        right, y, wrong = torch.cat([right, right]), torch.tensor([0, 0]), torch.tensor([1, 1])
        cost = 2 * size
    else:
        y, wrong = (right > 0).float(), (right < 0).float()
        cost = size * k
    z = right.clone().requires_grad_()
    task = make(name)
    assert task.loss(z, y).item() == pytest.approx(0, abs=1e-40)
    loss = task.loss(z, wrong)
    assert loss.item() == pytest.approx(cost, rel=1e-6)
    loss.backward()
    assert torch.isfinite(z.grad).all()
    assert z.grad.abs().max() > 0.1  # and it still knows the way back


# --- gradients


def closed_form(name, design, theta, y):
    z = design @ theta.T
    if name == "regression":
        return 2 * (z - y).T @ design / N
    if name == "multiclass":
        return (z.softmax(1) - torch.eye(OUTPUTS[name], dtype=z.dtype)[y]).T @ design / N
    return (1 / (1 + (-z).exp()) - y).T @ design / N


@every_task
@given(seed=seeds)
def test_the_gradient_is_the_closed_form(name, seed):
    design, theta, y = problem(name, seed)
    theta.requires_grad_()
    (found,) = torch.autograd.grad(make(name).loss(design @ theta.T, y), theta)
    torch.testing.assert_close(found, closed_form(name, design, theta.detach(), y), rtol=1e-12, atol=1e-12)


@every_task
def test_the_gradient_is_the_limit_of_differences(name):
    design, theta, y = problem(name, 1)
    assert torch.autograd.gradcheck(lambda t: make(name).loss(design @ t.T, y), theta.requires_grad_())


@every_task
@given(seed=seeds, size=st.floats(0, 5))
@settings(max_examples=10)
def test_the_curvature_bounds_the_second_derivative_in_the_logits(name, seed, size):
    design, theta, y = problem(name, seed)
    task = make(name)
    each = vmap(hessian(lambda z, y: task.loss(z[None], y[None])))(size * design @ theta.T, y)
    assert torch.linalg.eigvalsh(each).max() <= task.curvature * (1 + 1e-12)


@pytest.mark.parametrize(("name", "logits"), [("regression", 7), ("binary", 0), ("multilabel", 0), ("multiclass", 0)])
def test_no_smaller_curvature_would_do(name, logits):
    task, k = make(name), OUTPUTS[name]
    z = torch.full((1, k), float(logits), dtype=torch.float64)
    if name == "multiclass":
        z[0, 2:] = -1e3  # two classes share all of the probability
    y = torch.zeros(1, dtype=torch.int64) if name == "multiclass" else torch.zeros_like(z)
    bend = hessian(lambda one: task.loss(one[None], y))(z[0])
    assert torch.linalg.eigvalsh(bend).max().item() == pytest.approx(task.curvature)


# --- forecasts of logits


@every_task
@given(seed=seeds)
def test_the_link_undoes_the_activation(name, seed):
    design, theta, _ = problem(name, seed)
    task, z = make(name), design @ theta.T
    again = task.link(task.activation(z))
    if name == "multiclass":  # which leaves a constant a day open
        z, again = (one - one.mean(1, keepdim=True) for one in (z, again))
    torch.testing.assert_close(again, z, rtol=1e-6, atol=1e-6)


def test_probabilities_of_classes_sum_to_one_and_those_of_labels_are_each_for_itself():
    z = torch.tensor([[0.0, math.log(3), -math.log(3)]])
    torch.testing.assert_close(make("multilabel").activation(z), torch.tensor([[0.5, 0.75, 0.25]]))
    z = torch.tensor([[0.0, math.log(3), math.log(2), math.log(4)]])
    torch.testing.assert_close(make("multiclass").activation(z), torch.tensor([[0.1, 0.3, 0.2, 0.4]]))


@every_task
def test_the_decision_is_the_likelier_answer(name):
    z = torch.tensor([[-1.0, 3.0], [0.5, -2.0]])
    expected = {"regression": z, "multiclass": torch.tensor([1, 0])}
    torch.testing.assert_close(make(name).decide(z), expected.get(name, torch.tensor([[0.0, 1.0], [1.0, 0.0]])))


def test_inputs_are_standardised_inside_the_model():
    task = make("regression", standardisation=([1.0, 2.0, 3.0], [1.0, 10.0, 0.5]))
    with torch.no_grad():
        task.linear.weight[:] = torch.tensor([[1.0, 1.0, 1.0], [0.0, 0.0, 2.0]])
        task.linear.bias[:] = torch.tensor([5.0, 0.0])
    z = task(torch.tensor([[1.0, 2.0, 3.0], [2.0, 12.0, 4.0]]))
    torch.testing.assert_close(z, torch.tensor([[5.0, 0.0], [9.0, 4.0]]))
    assert {"mean", "scale"} <= set(task.state_dict())


# --- scores


def score(task, z, y):
    """All scores of the task's forecasts of logits z."""
    days = Samples(["Oslo"], np.zeros(len(y), int), np.arange(len(y)).astype("datetime64[D]"), None, y.numpy(), None)
    tally = Tally(task)
    tally.update(Forecasts.of_logits(task, ["it"], days, TARGETS[TARGET[task.name]], z[None].double()))
    return {name: value[0] for name, value in tally.compute().items() if name != "mse"}


def by_class(columns):
    """What scikit-learn says of each class's truth, decisions and probabilities."""
    found = {}
    for of, truth, decision, p in columns:
        found[f"days/{of}"] = int(truth.sum())
        found[f"recall/{of}"] = recall_score(truth, decision, zero_division=np.nan)
        found[f"precision/{of}"] = precision_score(truth, decision, zero_division=np.nan)
        found[f"average_precision/{of}"] = average_precision_score(truth, p) if truth.any() else np.nan
        found[f"roc_auc/{of}"] = roc_auc_score(truth, p) if 0 < truth.sum() < len(truth) else np.nan
    return found


@every_task
@given(seed=seeds)
@settings(max_examples=10)
def test_the_scores_of_a_split_are_scikit_learn_s(name, seed):
    design, theta, y = problem(name, seed)
    task, z = make(name), design @ theta.T
    found = score(task, z, y)
    if name == "regression":
        error = (z - y).numpy()
        expected = {"accuracy": np.mean(np.abs(error) <= 2), "mae": np.abs(error).mean(), "bias": error.mean()}
        expected |= {"loss": (error**2).sum(1).mean(), "rmse": math.sqrt((error**2).mean())}
    elif name == "multiclass":
        p, decision = z.softmax(1).numpy(), z.argmax(1)
        classes = range(OUTPUTS[name])
        expected = {"accuracy": accuracy_score(y, decision), "loss": log_loss(y, p, labels=classes)}
        columns = [(f"o{k}", y == k, decision == k, p[:, k]) for k in classes]
        as_often, by_chance = ((y[:, None] == other).double().mean().item() for other in (y, decision))
        expected |= {"heidke": cohen_kappa_score(y, decision)}
        expected |= {"peirce": (expected["accuracy"] - by_chance) / (1 - as_often)}
        expected |= {"log_loss": expected["loss"], "brier": np.square(p - np.eye(len(classes))[y]).sum(1).mean()}
        expected |= by_class(columns)
    else:
        p, decision = torch.sigmoid(z).numpy(), (z > 0).int()
        each = [log_loss(y[:, k], p[:, k], labels=[0, 1]) for k in range(OUTPUTS[name])]
        expected = {"accuracy": np.mean(decision.numpy() == y.numpy()), "loss": sum(each)}
        expected |= {"log_loss": np.mean(each), "brier": np.square(p - y.numpy()).mean()}
        columns = [(f"o{k}", y[:, k], decision[:, k], p[:, k]) for k in range(OUTPUTS[name])]
        answers = [column[1:3] for column in columns]
        expected |= {"heidke": np.mean([cohen_kappa_score(*one) for one in answers])}
        expected |= {"peirce": np.mean([balanced_accuracy_score(*one, adjusted=True) for one in answers])}
        if name == "binary":
            columns.append(("no o0", 1 - y[:, 0], 1 - decision[:, 0], 1 - p[:, 0]))
        expected |= by_class(columns)
    parts = {part: found.pop(f"brier_{part}", 0) for part in ("reliability", "resolution", "uncertainty")}
    assert parts["reliability"] - parts["resolution"] + parts["uncertainty"] == pytest.approx(found.get("brier", 0))
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


@given(st.lists(st.lists(st.integers(-2, 2), min_size=4, max_size=4), min_size=1, max_size=20))
def test_the_first_of_equally_likely_classes_is_decided_on(logits):
    decided = make("multiclass").decide(torch.tensor(logits, dtype=torch.float32))
    assert decided.tolist() == [row.index(max(row)) for row in logits]


def test_the_tolerance_decides_what_an_accurate_temperature_is():
    z, y = torch.tensor([[0.0, 0.0]]), torch.tensor([[1.0, 3.0]])
    assert score(make("regression"), z, y)["accuracy"] == 0.5
    assert score(make("regression", tolerance=0.5), z, y)["accuracy"] == 0
    assert score(make("regression", tolerance=3.0), z, y)["accuracy"] == 1


# --- the tasks themselves


def test_each_file_defines_the_task_of_its_name():
    assert tasks.NAMES == ["binary", "multiclass", "multilabel", "regression"]
    for name in tasks.NAMES:
        assert make(name).name == name


def test_a_file_may_define_other_classes_beside_its_task(monkeypatch):
    module = ModuleType("stratus.tasks.own")
    for name, bases in (("Aid", ()), ("Own", (tasks.find("binary"),))):
        setattr(module, name, type(name, bases, {"__module__": module.__name__}))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(tasks, "NAMES", [*tasks.NAMES, "own"])
    assert tasks.find("own") is module.Own


@pytest.mark.parametrize("name", ["linear", "weights", "forest", "", "../binary", None])
def test_there_is_no_other_task(name):
    with pytest.raises(ConfigurationError, match="there are: binary, multiclass, multilabel, regression"):
        tasks.find(name)


# --- the loop


def fit(task, splits, batch_size, epochs=1, **trainer):
    quiet = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
    trainer |= dict.fromkeys(quiet, False) | {"num_sanity_val_steps": 0, "log_every_n_steps": 1}
    trainer["limit_val_batches"] = 1.0 if splits.validation else 0
    trained = Trainer(accelerator="cpu", devices=1, max_epochs=epochs, **trainer)
    data = WeatherDataModule(splits, batch_size)
    trained.fit(task, data)
    return trained, data


def whole(task, samples):
    """Loss and accuracy on a split, from the formulas."""
    z = task(torch.as_tensor(samples.x, dtype=torch.float32)).detach().double()
    right = {
        "regression": lambda: np.abs(z.numpy() - samples.y) <= 2,
        "multiclass": lambda: z.argmax(1).numpy() == samples.y,
    }.get(task.name, lambda: (z > 0).numpy() == samples.y)()
    return {"loss": lecture(task.name, z.numpy(), samples.y), "accuracy": right.mean()}


def logged(trained, split_name):
    return {score: trained.callback_metrics[f"{split_name}/{score}"].item() for score in ("loss", "accuracy")}


@every_task
def test_the_curves_are_the_loss_and_accuracy_of_the_whole_split_each_day_counting_once(name):
    splits = splits_of(name, validation_from=date(2014, 1, 1))
    # a step of length 0, so that every batch of the epoch, the short last one too, sees the same weights
    task = tasks.find(name).for_splits(splits, optimizer=partial(torch.optim.SGD, lr=0.0))
    trained, data = fit(task, splits, batch_size=500)
    trained.test(task, data, verbose=False)
    assert logged(trained, "test") == pytest.approx(whole(task, splits.test), rel=1e-5)
    trained.fit_loop.max_epochs = 2
    trained.fit(task, data)
    assert logged(trained, "train") == pytest.approx(whole(task, splits.train), rel=1e-5)
    assert logged(trained, "val") == pytest.approx(whole(task, splits.validation), rel=1e-5)


def test_the_training_curve_has_the_loss_before_the_step_and_the_validation_curve_the_one_after():
    splits = splits_of("regression", validation_from=date(2014, 1, 1))
    task = tasks.find("regression").for_splits(splits)
    before = whole(task, splits.train)
    trained, _ = fit(task, splits, batch_size=None)
    assert logged(trained, "train") == pytest.approx(before, rel=1e-5)
    assert logged(trained, "val") == pytest.approx(whole(task, splits.validation), rel=1e-5)
    assert whole(task, splits.train)["loss"] < before["loss"]


def test_one_step_of_gradient_descent_is_one_step_against_the_closed_form():
    splits = splits_of("multiclass")
    task = tasks.find("multiclass").for_splits(splits, optimizer=partial(torch.optim.SGD, lr=0.7))
    mean, scale = splits.standardisation
    design = torch.as_tensor(np.column_stack([(splits.train.x - mean) / scale, np.ones(len(splits.train))]))
    theta = torch.column_stack([task.linear.weight, task.linear.bias]).detach().double()
    p = (design @ theta.T).softmax(1)
    gradient = (p - torch.eye(5, dtype=p.dtype)[splits.train.y]).T @ design / len(design)
    fit(task, splits, batch_size=None)
    found = torch.column_stack([task.linear.weight, task.linear.bias]).detach().double()
    torch.testing.assert_close(found, theta - 0.7 * gradient, rtol=0, atol=1e-6)


def test_a_schedule_is_stepped_once_an_epoch_and_knows_how_many_there_are():
    splits, rates, asked = splits_of("binary"), [], []

    def halving(optimizer, epochs):
        asked.append(epochs)
        return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: 0.5**t)

    def note(trainer, *_):
        rates.append(trainer.optimizers[0].param_groups[0]["lr"])

    task = tasks.find("binary").for_splits(splits, optimizer=partial(torch.optim.SGD, lr=8.0), schedule=halving)
    watch = LambdaCallback(on_train_epoch_start=note)
    fit(task, splits, batch_size=400, epochs=4, callbacks=[watch])
    assert rates == [8, 4, 2, 1]
    assert asked == [4]
