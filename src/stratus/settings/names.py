"""The settings that there are, by their dotted names, and what is said of a name that is none of them."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from typing import get_type_hints

from stratus.settings.experiment import MAY_BE_NONE, PROJECT, SCHEMAS, Config
from stratus.settings.features import SETS

GROUPS = (*SCHEMAS, "features", "trainer", *MAY_BE_NONE)
CALLED = {
    "batch": "data.batch_size",
    "ckpt_path": "resume",
    "dataset": "data",
    "device": "trainer.accelerator",
    "epochs": "trainer.max_epochs",
    "gpus": "trainer.devices",
    "horizon": "features.lead_days",
    "inputs": "features",
    "l2": "optimizer.weight_decay",
    "lead": "features.lead_days",
    "learning_rate": "optimizer.lr",
    "model": "task",
    "random_seed": "seed",
    "regularization": "optimizer.weight_decay",
    "scheduler": "schedule",
    "threshold": "task.rain_from",
}  # what elsewhere is called otherwise


@cache
def declared() -> dict[str, dict[str, type]]:
    """Each setting by its dotted name: the dataclasses that have it, by the choice of its group; "" for any choice."""
    found: dict[str, dict[str, type]] = {}
    for one in fields(Config):
        kind = get_type_hints(Config)[one.name]
        if one.name in SCHEMAS:
            for choice, schema in SCHEMAS[one.name].items():
                for own in fields(schema):
                    found.setdefault(f"{one.name}.{own.name}", {})[choice] = schema
        elif is_dataclass(kind) and isinstance(kind, type):
            found |= {f"{one.name}.{own.name}": {"": kind} for own in fields(kind) if own.name not in SETS}
        else:
            found[one.name] = {"": Config}
    found |= {f"features.{name}.{own.name}": {name: kind} for name, kind in SETS.items() for own in fields(kind)}
    return found


@cache
def shipped() -> dict[str, list[str]]:
    """Those that a file of conf/ has, and the choices that have it; none where all do."""
    found = {}
    for name, schemas in declared().items():
        folder = PROJECT / "conf" / name.partition(".")[0]
        there = [one for one in schemas if not one or (folder / f"{one}.yaml").is_file()]
        if there:
            found[name] = [one for one in there if one]
    return found


def nearest(name: str) -> str | None:
    """The setting or group that a name may be meant to be; None where none is near."""
    last, group = name.rpartition(".")[2], name.partition(".")[0]
    places: dict[str, str] = {}
    for one in (*GROUPS, *shipped()):
        places.setdefault(one.rpartition(".")[2], one)
    groups = [group] if group in GROUPS or group == name else get_close_matches(group, GROUPS, 1, 0.7)
    within = {one.rpartition(".")[2]: one for one in shipped() if one.partition(".")[0] in groups}
    if near := get_close_matches(last, within, 1, 0.7):
        return within[near[0]]
    if name in GROUPS or last in CALLED:
        return CALLED.get(last)
    near = get_close_matches(last, places, 1, 0.7) if last[0] != "_" else []  # those are Hydra's, as _target_
    return places[near[0]] if near else None


def unknown_setting(name: str, siblings: Sequence[object] | None = None) -> str:
    """What is said of a setting that there is not, or not with the choices made, beside which there are `siblings`."""
    if choices := shipped().get(name):
        group, _, own = name.rpartition(".")
        where = " or ".join(f"{group}={one}" for one in choices) if group in SCHEMAS else f"features=…+{choices[0]}"
        return f"{name}: the choice that was made has no {own}; {where} has"
    group, said = name.rpartition(".")[0], []
    if siblings is None:
        siblings = [one.rpartition(".")[2] for one in shipped() if group and one.rpartition(".")[0] == group]
    beside = get_close_matches(name.rpartition(".")[2], map(str, siblings), 1, 0.7) if group else []
    if near := f"{group}.{beside[0]}" if beside else nearest(name) if not name.startswith("hydra.") else None:
        said.append(f"is it {near}{'=…' if near in GROUPS else ''}?")
    if there := ", ".join(map(str, siblings)) if group else "":
        said.append(f"{group} has {there}")
    return f"there is no setting {name}; {' '.join(said) or 'see python train.py --help'}"
