"""`features=…`: the inputs x, and how far ahead they look."""

import inspect
from dataclasses import asdict, dataclass, field, make_dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from stratus.data.features import FEATURES
from stratus.settings.checks import positive, setting


def _parameter(parameter: inspect.Parameter) -> tuple[str, Any, Any]:
    """A feature function's parameter as a field: name, type, default; its words are those of `Annotated`."""
    kind, words = parameter.annotation, ""
    if get_origin(kind) is Annotated:
        kind, words = get_args(kind)
    return parameter.name, kind, setting(parameter.default, words)


def _feature_set(name: str) -> type:
    """The dataclass of a feature set's settings, read from the function's signature so that the two cannot differ."""
    parameters = list(inspect.signature(FEATURES[name]).parameters.values())[1:]
    return make_dataclass(name, map(_parameter, parameters), namespace={"__module__": __name__})


SETS = {name: _feature_set(name) for name in FEATURES}
"""The settings of each feature set."""


def __getattr__(name: str) -> type:
    """The dataclasses of `SETS`, where pickle looks for them."""
    if name in SETS:
        return SETS[name]
    raise AttributeError(f"module {__name__} has no {name}")


@dataclass
class SharedFeatures:
    """What all feature sets share."""

    lead_days: int = setting(0, "days from the last day known to the target day; 0: a diagnosis, 1: for tomorrow")
    standardise: bool = setting(True, "scale inputs to mean 0 and variance 1 over the training days")

    def __post_init__(self) -> None:
        positive("features.lead_days", self.lead_days, zero=True)
        for name, settings in self.chosen.items():
            for one, value in settings.items():
                positive(f"features.{name}.{one}", value)

    @property
    def chosen(self) -> dict[str, dict[str, Any]]:
        """The feature sets that are not null, with their settings."""
        sets = {name: getattr(self, name, None) for name in FEATURES}
        return {name: asdict(one) for name, one in sets.items() if one is not None}


if TYPE_CHECKING:
    Features = SharedFeatures
else:  # each feature set is null or its settings
    Features = make_dataclass(
        "Features",
        [(name, kind | None, field(default=None)) for name, kind in SETS.items()],
        bases=(SharedFeatures,),
        namespace={"__module__": __name__},
    )
