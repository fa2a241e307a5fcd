"""What `python train.py --help` says of choices and settings, from the dataclasses and the files in conf/."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf

from stratus.settings.features import SETS

WIDTH = 42
"""Columns of `setting=value`, before the words."""


def help_text(config: DictConfig, schemas: Mapping[str, Mapping[str, type]], conf: Path) -> str:
    """The part of the help that Hydra does not write, for its template.

    Args:
        config: The composed configuration.
        schemas: The dataclasses that a group may have, by group and name.
        conf: The folder of the choices.
    """
    shown = list(_settings(config))
    given = {name for name, _, _ in shown}
    parts = {
        "Choices that set more than their own group": _set_elsewhere(conf, schemas),
        "Settings with the choices made (setting=value)": [(f"{name}={text(v)}", words) for name, v, words in shown],
        "Settings of other choices": _of_other_choices(conf, schemas, given),
    }
    said = "\n\n".join("\n".join([title, "", *map(_line, lines)]) for title, lines in parts.items())
    return said.replace("$", "$$")  # Hydra takes a single $ for a place to fill


def _line(columns: tuple[str, str]) -> str:
    left, right = columns
    return f"  {left:{WIDTH}}  {right}".rstrip()


def text(value: Any) -> str:
    """A plain value as the command line takes it."""
    if isinstance(value, list):
        return f"[{','.join(map(text, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{name}:{text(one)}" for name, one in value.items()) + "}"
    return value if isinstance(value, str) else json.dumps(value)


def _settings(config: DictConfig, place: str = "") -> Iterator[tuple[str, Any, str]]:
    """Dotted name, value and words of each setting of a composed configuration."""
    plain = OmegaConf.to_container(config)
    kind = OmegaConf.get_type(config)
    assert isinstance(plain, dict)
    assert kind is not None
    for one in fields(kind):
        name, value = f"{place}{one.name}", plain[one.name]
        if isinstance(value, dict) and is_dataclass(OmegaConf.get_type(config, one.name)):
            yield from _settings(config[one.name], f"{name}.")
        elif "help" in one.metadata:
            yield name, value, one.metadata["help"]


def _set_elsewhere(conf: Path, groups: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each choice whose file sets what lies outside its group, and what it sets."""
    for group in groups:
        for file in sorted((conf / group).glob("*.yaml")):
            said = file.read_text(encoding="utf-8")
            if said.startswith("# @package _global_"):
                yield f"{group}={file.stem}", " ".join(_outside(group, yaml.safe_load(said)))


def _outside(group: str, content: dict[str, Any]) -> Iterator[str]:
    for one in content.pop("defaults", []):
        if isinstance(one, dict):
            for name, choice in one.items():
                yield f"{name.removeprefix('override /')}={text(choice)}"
    for other, settings in content.items():
        if isinstance(settings, dict) and other != group:
            yield from (f"{other}.{name}={text(value)}" for name, value in settings.items())
        elif other != group:
            yield f"{other}={text(settings)}"


def _of_other_choices(
    conf: Path, schemas: Mapping[str, Mapping[str, type]], given: set[str]
) -> Iterator[tuple[str, str]]:
    """Each setting that is not given: its default, its words, and the choices that have it."""
    places = [(group, choice, kind) for group, kinds in schemas.items() for choice, kind in kinds.items()]
    places = [one for one in places if (conf / one[0] / f"{one[1]}.yaml").exists()]
    places += [(f"features.{name}", name, kind) for name, kind in SETS.items()]
    found: dict[tuple[str, str], list[str]] = {}
    for place, choice, kind in places:
        for name, default, words in _settings(OmegaConf.structured(kind), f"{place}."):
            if name not in given:
                found.setdefault((f"{name}={text(default)}", words), []).append(choice)
    for (setting, words), choices in found.items():
        yield setting, f"{words} ({', '.join(choices)})"
