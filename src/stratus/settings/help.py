"""What `python train.py --help` says of choices and settings, from the dataclasses and the files in conf/."""

import json
from collections.abc import Container, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf

from stratus.settings.experiment import PROJECT, SCHEMAS
from stratus.settings.features import SETS


def help_text(config: DictConfig) -> str:
    """The part of the help that Hydra does not write, for its template: of a composed configuration."""
    shown = list(_settings(config))
    parts = {
        "Choices that set more than their own group": _set_elsewhere(),
        "Settings with the choices made (setting=value)": [(f"{name}={text(v)}", words) for name, v, words in shown],
        "Settings of other choices": _of_other_choices({name for name, _, _ in shown}),
    }
    said = ["\n".join([title, "", *(f"  {left:42}  {right}" for left, right in parts[title])]) for title in parts]
    return "\n\n".join(said).replace("$", "$$")  # Hydra takes a single $ for a place to fill


def text(value: Any) -> str:
    """A plain value as the command line takes it."""
    if isinstance(value, list):
        return f"[{','.join(map(text, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{name}:{text(one)}" for name, one in value.items()) + "}"
    return value if isinstance(value, str) else json.dumps(value)


def _settings(config: DictConfig, place: str = "") -> Iterator[tuple[str, Any, str]]:
    """Dotted name, value and words of each setting of a composed configuration."""
    plain, kind = OmegaConf.to_container(config), OmegaConf.get_type(config)
    assert isinstance(plain, dict)
    assert kind is not None
    for one in fields(kind):
        name, value = f"{place}{one.name}", plain[one.name]
        if isinstance(value, dict) and is_dataclass(OmegaConf.get_type(config, one.name)):
            yield from _settings(config[one.name], f"{name}.")
        elif "help" in one.metadata:
            yield name, value, one.metadata["help"]


def _set_elsewhere() -> Iterator[tuple[str, str]]:
    """Each choice whose file sets what lies outside its group, and what it sets."""
    for group in SCHEMAS:
        for file in sorted((PROJECT / "conf" / group).glob("*.yaml")):
            said = file.read_text(encoding="utf-8")
            if said.startswith("# @package _global_"):
                content = yaml.safe_load(said)
                content.pop(group, None)
                yield f"{group}={file.stem}", " ".join(f"{name}={text(value)}" for name, value in _set(content))


def _set(content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Dotted name and value of all that a file of conf/ sets, the choices in its defaults first."""
    for one in content.pop("defaults", []):
        if isinstance(one, dict):
            for name, choice in one.items():
                yield name.removeprefix("override /"), "+".join(choice) if isinstance(choice, list) else choice
    for group, settings in content.items():
        if isinstance(settings, dict):
            yield from ((f"{group}.{name}", value) for name, value in settings.items())
        else:
            yield group, settings


def _of_other_choices(given: Container[str]) -> Iterator[tuple[str, str]]:
    """Each setting that is not given: its default, its words, and the choices that have it."""
    places = [(group, choice, kind) for group, kinds in SCHEMAS.items() for choice, kind in kinds.items()]
    places = [one for one in places if (PROJECT / "conf" / one[0] / f"{one[1]}.yaml").exists()]
    places += [(f"features.{name}", name, kind) for name, kind in SETS.items()]
    found: dict[tuple[str, str], list[str]] = {}
    for place, choice, kind in places:
        for name, default, words in _settings(OmegaConf.structured(kind), f"{place}."):
            if name not in given:
                found.setdefault((f"{name}={text(default)}", words), []).append(choice)
    for (setting, words), choices in found.items():
        yield setting, f"{words} ({', '.join(choices)})"
