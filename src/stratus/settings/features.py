"""`features=…`: the inputs x, and how far ahead they look."""

import inspect
import logging
import os
from dataclasses import asdict, dataclass, field, make_dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from stratus.data.features import FEATURES
from stratus.data.features.user import read
from stratus.data.recipe import MISSING
from stratus.settings.checks import NOT_NEGATIVE, POSITIVE, Expected, SettingsGroup, require, setting

log = logging.getLogger(__name__)


def _feature_set(name: str) -> type:
    """The dataclass of a feature set's settings, read from its function's signature; `Annotated` holds their words."""
    settings = []
    for one in list(inspect.signature(FEATURES[name]).parameters.values())[1:]:
        if one.kind is one.KEYWORD_ONLY:  # which the recipe knows
            continue
        annotated = get_origin(one.annotation) is Annotated
        kind, words = get_args(one.annotation) if annotated else (one.annotation, "")
        settings.append((one.name, kind, setting(one.default, words, POSITIVE if kind is int else None)))
    namespace = {"__module__": __name__, "group": f"features.{name}"}
    return make_dataclass(name, settings, bases=(SettingsGroup,), namespace=namespace)


STAND_IN = Expected(", ".join(MISSING), MISSING.__contains__)
OWN = "own"  # the feature set whose settings its function says, in a file of the user's
SETS = {name: _feature_set(name) for name in FEATURES if name != OWN}  # the settings of each
globals().update(SETS)  # where pickle looks for a class


@dataclass
class SharedFeatures(SettingsGroup, group="features"):
    """What all feature sets share."""

    lead_days: int = setting(0, "days from the last known day to the target; 0: diagnosis, 1: tomorrow", NOT_NEGATIVE)
    issue_hour: float = setting(24.0, "hour of that day at which the forecast is issued; 24: its end", POSITIVE)
    missing: str | None = setting(
        None, f"inputs not known: {', '.join(MISSING)}; null: mean with neighbours, else drop", STAND_IN
    )
    seasonal: bool = setting(False, "each measured input also times the season's first wave, so that weights may turn")
    standardise: bool = setting(True, "scale inputs to mean 0 and variance 1 over the training days")

    own: dict[str, Any] = field(
        default_factory=dict,
        metadata={"help": "path of a file of yours, a function in it, and its arguments"},
    )

    @property
    def chosen(self) -> dict[str, dict[str, Any]]:
        """The feature sets that are not null, with their settings."""
        sets = {name: getattr(self, name, None) for name in SETS}
        own = {OWN: {**self.own}} if self.own else {}
        return {name: asdict(one) for name, one in sets.items() if one is not None} | own

    def read(self) -> dict[str, dict[str, Any]]:
        """Those of `chosen`, with the checksum of the user's file, which is run. Raises what `user.read` does."""
        sets = self.chosen
        if OWN in sets:
            for name in ("path", "function"):
                require(isinstance(self.own.get(name), str), f"features.own.{name}", self.own.get(name), "a name")
            require(
                "lead_days" not in self.own,
                "features.own.lead_days",
                self.own.get("lead_days"),
                "features.lead_days for it",
            )
            sets[OWN] |= {"path": os.path.abspath(self.own["path"]), "sha256": read(self.own["path"])}
        return sets

    @property
    def stand_in(self) -> str:
        """What is done where an input is not known; stations near by seldom measure all that one another do."""
        if self.missing or not getattr(self, "neighbours", None):
            return self.missing or "drop"
        log.info("features.missing=mean, since features has neighbours: what one of them lacks drops no day")
        return "mean"


if TYPE_CHECKING:
    Features = SharedFeatures
else:  # each feature set is null or its settings
    sets = [(name, kind | None, field(default=None)) for name, kind in SETS.items()]
    Features = make_dataclass("Features", sets, bases=(SharedFeatures,), namespace={"__module__": __name__})
