"""What the launcher needs of Hydra's inside: composing a job, and running it, in a few milliseconds.

Hydra takes 100 ms to compose a job, since it reads all files anew, and 20 ms to run one, since it copies and prints
the whole configuration several times. A sweep's jobs share nearly all of it.

Names that Hydra does not document, what each is used for, and the test that fails when it changes:

* `hydra._internal.config_loader_impl.ConfigLoaderImpl`: Hydra's loader, which `Composer` extends;
* `hydra._internal.config_loader_impl.get_overrides_dirname`: makes `hydra.job.override_dirname`;
* `hydra.core.override_parser`, its `OverridesParser` and `Override`: tell a plain value from other overrides.
  All three: `test_hydra_inside.py`, "a job is composed as Hydra composes it".
* `HydraConfig.instance().cfg`, the fields of `JobReturn`, `env_override`, `HydraContext.callbacks`: used as Hydra's
  own `run_job` uses them. `test_hydra_inside.py`, "callbacks see a job as Hydra shows it".
"""

import copy
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import indent
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl, get_overrides_dirname
from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from hydra.core.utils import JobReturn, JobRuntime, JobStatus, configure_log, env_override
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from stratus.settings.yaml_text import as_yaml


@dataclass(frozen=True)
class Composed:
    """A job's configuration; the composer changes it into that of the next.

    Attributes:
        whole: As Hydra's callbacks get it.
        own: Without the node `hydra`, as the task function gets it.
    """

    whole: DictConfig
    own: DictConfig

    @classmethod
    def of(cls, whole: DictConfig) -> "Composed":
        """Takes the node `hydra` out of a copy."""
        own = copy.deepcopy(whole)
        with open_dict(own):
            del own["hydra"]
        return cls(whole, own)

    def set(self, values: Mapping[str, Any]) -> None:
        """Sets values by their dotted names, Hydra's own only in `whole`.

        Raises:
            OmegaConfBaseException: If there is no such setting, or it does not take the value.
        """
        for name, value in values.items():
            OmegaConf.update(self.whole, name, value, merge=False)
            if not name.startswith("hydra."):
                OmegaConf.update(self.own, name, value, merge=False)


class Composer(ConfigLoaderImpl):
    """Hydra's loader, which composes each choice of groups once and then sets the jobs' values in it.

    A job whose overrides are choices of groups, Hydra's own settings and plain values gets what Hydra would
    compose, since values are set after all groups are merged. Hydra composes any other.

    Args:
        loader: Hydra's own.
    """

    def __init__(self, loader: ConfigLoader) -> None:
        super().__init__(loader.get_search_path())
        self.composed: dict[tuple[str, ...], Composed] = {}
        self.groups: dict[str, bool] = {}

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        """A job's configuration; the next call changes it.

        Raises:
            HydraException: If there is no such setting or choice, or it does not take the value.
        """
        return self.compose(master_config, sweep_overrides).whole

    def compose(self, master: DictConfig, overrides: list[str]) -> Composed:
        """The same, with and without the node `hydra`."""
        parsed = [_parsed(line) for line in overrides]
        values = {one.key_or_group: one.value() for one in parsed if self._is_value(one)}
        choices = [str(one.input_line) for one in parsed if self._is_choice(one)]
        if len(values) + len(choices) < len(parsed):
            return Composed.of(super().load_sweep_config(master, overrides))
        kind = (*choices, *values)  # jobs of a kind set the same names
        if kind not in self.composed:
            self.composed[kind] = Composed.of(super().load_sweep_config(master, choices))
        composed, tasks = self.composed[kind], [one for one in parsed if not one.is_hydra_override()]
        try:
            composed.set(values)
        except OmegaConfBaseException:  # Hydra says what is wrong
            return Composed.of(super().load_sweep_config(master, overrides))
        form = composed.whole.hydra.job.config.override_dirname
        dirname = get_overrides_dirname(tasks, form.exclude_keys, form.item_sep, form.kv_sep)
        lines = [str(one.input_line) for one in tasks]
        composed.set({"hydra.overrides.task": lines, "hydra.job.override_dirname": dirname})
        return composed

    def _is_group(self, name: str) -> bool:
        if name not in self.groups:
            self.groups[name] = bool(self.get_group_options(name))
        return self.groups[name]

    def _is_value(self, override: Override) -> bool:
        plain = override.type == OverrideType.CHANGE and override.package is None and not override.is_hydra_override()
        scalar = not isinstance(override.value(), dict | list)
        return plain and scalar and not self._is_group(override.key_or_group)

    def _is_choice(self, override: Override) -> bool:
        changed = override.type == OverrideType.CHANGE and self._is_group(override.key_or_group)
        return changed or override.is_hydra_override()


@cache
def _parsed(line: str) -> Override:
    return OverridesParser.create().parse_override(line)


def run_job(context: HydraContext, task_function: TaskFunction, job: Composed, *, quiet: bool) -> JobReturn:
    """Runs one job of a sweep as `hydra.core.utils.run_job` does: folder, `.hydra/`, run.log, callbacks.

    What is returned keeps no configuration once the callbacks have seen it: thousands would fill the memory.

    Args:
        context: Whose callbacks are called.
        task_function: What is run.
        job: Its configuration.
        quiet: Whether the job shows only errors on the terminal.
    """
    config, outer = job.whole, HydraConfig.instance().cfg
    HydraConfig.instance().cfg = config  # type: ignore[assignment]
    try:
        folder = Path(os.path.abspath(Path(config.hydra.sweep.dir, str(config.hydra.sweep.subdir))))
        job.set({"hydra.runtime.output_dir": str(folder)})
        folder.mkdir(parents=True, exist_ok=True)
        overrides, name = list(config.hydra.overrides.task), JobRuntime.instance().get("name")
        returned = JobReturn(overrides, job.own, config, os.getcwd(), task_name=name)
        _log(config, quiet=quiet)
        if config.hydra.output_subdir is not None:
            _save(folder / config.hydra.output_subdir, job)
        with env_override(config.hydra.job.env_set):
            context.callbacks.on_job_start(config=config, task_function=task_function)
            try:
                returned.return_value, returned.status = task_function(job.own), JobStatus.COMPLETED
            except Exception as error:
                returned.return_value, returned.status = error, JobStatus.FAILED
        context.callbacks.on_job_end(config=config, job_return=returned)
        returned.cfg = returned.hydra_cfg = None
        return returned
    finally:
        HydraConfig.instance().cfg = outer


def _log(config: DictConfig, *, quiet: bool) -> None:
    configure_log(config.hydra.job_logging, config.hydra.verbose)
    names = ("", *(OmegaConf.select(config, "hydra.job_logging.loggers") or ()))
    for handler in (one for name in names for one in logging.getLogger(name).handlers if quiet):
        if not isinstance(handler, logging.FileHandler):
            handler.setLevel(logging.ERROR)


def _save(folder: Path, job: Composed) -> None:
    hydra = OmegaConf.to_container(job.whole.hydra, enum_to_str=True)
    texts = {
        "config": as_yaml(OmegaConf.to_container(job.own, enum_to_str=True)),
        "hydra": "hydra:\n" + indent(as_yaml(hydra), "  "),
        "overrides": as_yaml(list(job.whole.hydra.overrides.task)),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
