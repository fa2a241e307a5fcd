"""A configuration as YAML text, quickly: for the thousands of jobs of a sweep."""

import json
from functools import lru_cache
from textwrap import indent
from typing import Any

import yaml


def as_yaml(content: Any) -> str:
    """A plain configuration, or a list, as YAML that OmegaConf reads back; the jobs of a sweep share most of it."""
    if not isinstance(content, dict) or not content:
        return _dumped(json.dumps(content))
    parts = []
    for name, value in content.items():
        if isinstance(value, dict) and value:
            parts += [_dumped(json.dumps({name: {}})).removesuffix(" {}\n"), "\n", indent(as_yaml(value), "  ")]
        else:
            parts.append(_dumped(json.dumps({name: value})))
    return "".join(parts)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """In C where there is one."""


def _text(dumper: Any, text: str) -> yaml.ScalarNode:
    """A text in quotes where OmegaConf would read a number or, as YAML 1.1 says, a truth value."""
    quoted = text.lower() in ("y", "n", "yes", "no", "on", "off", "true", "false") or _is_number(text)
    node: yaml.ScalarNode = dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if quoted else None)
    return node


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


_Dumper.add_representer(str, _text)


@lru_cache(maxsize=1024)
def _dumped(content: str) -> str:
    form = {"default_flow_style": False, "allow_unicode": True, "sort_keys": False}
    text: str = yaml.dump(json.loads(content), **form, Dumper=_Dumper)
    return text
