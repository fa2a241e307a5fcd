"""A run's kept model as one file that other programs read: from inputs in their own units to the forecast."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stratus import files
from stratus.data.samples import Array
from stratus.errors import CheckpointError, ConfigurationError, DataError
from stratus.runs.kept import Kept
from stratus.settings.checks import require_extra
from stratus.tasks.linear import LinearTask
from stratus.training.checkpoints import Checkpoint

OPSET, IR = 18, 10  # of ONNX: what runtimes of 2024 read too
NEAR = 1e-4  # how far a forecast in float32 may be from the run's, beside 1 or its own size


def export(kept: Kept, to: Path) -> tuple[int, float]:
    """Writes the model to `to`, by its suffix; the number of test days, and how far off the file's forecasts are there.

    The file is read back and forecasts the test days before it is put in its place. Raises ConfigurationError for
    another suffix or an extra that is not installed, DataError without a test day, CheckpointError if the file would
    not forecast as the run does.
    """
    if to.suffix not in FORMATS:
        raise ConfigurationError(f"{to}: expected a name that ends in {' or '.join(FORMATS)}")
    require_extra(f"--to {to.name}", to.suffix[1:], to.suffix[1:])
    write, read = FORMATS[to.suffix]
    content, borders = write(kept.checkpoint), kept.borders
    forecast, days, furthest = read(content, kept.checkpoint.task), 0, 0.0
    for part in kept.days(kept.asked.observations, borders.test_from, borders.until):
        for chunk in part.chunks():
            own = kept.model.forecast(chunk.x)
            furthest = max(furthest, float(np.max(np.abs(forecast(chunk.x) - own) / np.maximum(1, np.abs(own)))))
            days += len(chunk)
    if not days:
        raise DataError(f"{kept.asked.name} has no test day to try the file on: give days with --observations")
    if not furthest <= NEAR:
        off = f"a forecast of the file would be off by {furthest:.2g}"
        raise CheckpointError(f"{kept.folder}: {off}, since it is in float32; nothing is written")
    files.replace(to, content)
    return days, furthest


def facts(checkpoint: Checkpoint) -> dict[str, str]:
    """What a file says of its model beside the numbers, each as JSON."""
    task, recipe = checkpoint.task, checkpoint.recipe
    known = {"inputs": checkpoint.inputs, "units": task.hparams["units"], "outputs": task.outputs, "task": task.name}
    known |= {"target": recipe.target, "lead_days": recipe.lead_days, "missing": recipe.missing}
    return {name: json.dumps(value, ensure_ascii=False) for name, value in known.items()}


def tensors(task: LinearTask) -> dict[str, Array]:
    """W [k, m] and b [k] on standardised inputs, and the inputs' mean and scale [m], in float32."""
    named = {"weight": task.linear.weight, "bias": task.linear.bias, "mean": task.mean, "scale": task.scale}
    return {name: one.detach().numpy() for name, one in named.items()}


def _to_safetensors(checkpoint: Checkpoint) -> bytes:
    from safetensors.numpy import save  # noqa: PLC0415 - an extra

    content: bytes = save(tensors(checkpoint.task), facts(checkpoint))
    return content


def _of_safetensors(content: bytes, task: LinearTask) -> Callable[[Array], Array]:
    from safetensors.numpy import load  # noqa: PLC0415

    weight, bias, mean, scale = (load(content)[name] for name in ("weight", "bias", "mean", "scale"))

    def forecast(x: Array) -> Array:
        known = np.where(np.isnan(x), 0, (x - mean) / scale)
        return np.asarray(task.activation(torch.from_numpy(known @ weight.T + bias)))

    return forecast


def _to_onnx(checkpoint: Checkpoint) -> bytes:
    """activation(W (x - mean)/scale + b), the training mean standing in where x is NaN."""
    from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415 - an extra

    task = checkpoint.task
    known = tensors(task) | {"zero": np.zeros(1, np.float32)}
    m, k = len(checkpoint.inputs), len(task.outputs)
    steps: list[tuple[str, list[str], str, dict[str, Any]]] = [
        ("Sub", ["x", "mean"], "departure", {}),
        ("Div", ["departure", "scale"], "scaled", {}),
        ("IsNaN", ["scaled"], "unknown", {}),
        ("Where", ["unknown", "zero", "scaled"], "standardised", {}),
        ("Gemm", ["standardised", "weight", "bias"], "logits", {"transB": 1}),
        (task.activation_name, ["logits"], "forecast", {}),
    ]
    graph = helper.make_graph(
        [helper.make_node(name, given, [made], **settings) for name, given, made, settings in steps],
        "stratus",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["days", m])],
        [helper.make_tensor_value_info("forecast", TensorProto.FLOAT, ["days", k])],
        [numpy_helper.from_array(one, name) for name, one in known.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    helper.set_model_props(model, facts(checkpoint))
    content: bytes = model.SerializeToString()
    return content


def _of_onnx(content: bytes, task: LinearTask) -> Callable[[Array], Array]:
    import onnx  # noqa: PLC0415
    from onnx.reference import ReferenceEvaluator  # noqa: PLC0415

    model = onnx.load_from_string(content)
    onnx.checker.check_model(model)
    run: Any = ReferenceEvaluator(model).run
    return lambda x: np.asarray(run(None, {"x": x.astype(np.float32)})[0])


_Writer = Callable[[Checkpoint], bytes]
_Reader = Callable[[bytes, LinearTask], Callable[[Array], Array]]
FORMATS: dict[str, tuple[_Writer, _Reader]] = {
    ".onnx": (_to_onnx, _of_onnx),
    ".safetensors": (_to_safetensors, _of_safetensors),
}  # how a file of each is written, and how what it forecasts is read from it
