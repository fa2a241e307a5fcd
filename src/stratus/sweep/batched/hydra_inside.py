"""What sweeps need of Hydra's inside: composing a job, and running it, in a few milliseconds; failing in one line.

Hydra takes 100 ms to compose a job, since it reads all files anew, and 20 ms to run one, since it copies and prints
the whole configuration several times. A sweep's jobs share nearly all of it.

Names that Hydra does not document, and what each is used for; the tests that fail when one changes are those of
`tests/sweep/batched/test_hydra_inside.py`:

* `hydra._internal.config_loader_impl.ConfigLoaderImpl`: Hydra's loader, which `Composer` extends;
* `hydra._internal.config_loader_impl.get_overrides_dirname`: makes `hydra.job.override_dirname`;
* `hydra.core.override_parser`, its `OverridesParser` and `Override`: tell a plain value from other overrides
  ("a job is composed as Hydra composes it");
* `HydraConfig.instance().cfg`, the fields of `JobReturn`, `env_override`, `HydraContext.callbacks`: used as Hydra's own
  `run_job` uses them ("callbacks see a job as Hydra shows it");
* `JobReturn._return_value`: the error of a job, which `Failed` raises without Hydra's line above it.
"""

import copy
import logging
import os
from dataclasses import dataclass, field
from functools import cache, cached_property, reduce
from operator import getitem
from pathlib import Path
from textwrap import indent
from typing import Any, ClassVar

from hydra._internal.config_loader_impl import ConfigLoaderImpl, get_overrides_dirname
from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from hydra.core.utils import JobReturn, JobRuntime, JobStatus, configure_log, env_override
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from stratus import files
from stratus.settings.compose import as_yaml


@dataclass
class Composed:
    """A job's configuration; the composer changes it into that of the next."""

    whole: DictConfig  # as Hydra's callbacks get it
    own: DictConfig  # without the node `hydra`, as the task function gets it
    plain: dict[str, Any]  # both as plain values, as the files in .hydra have them
    values: dict[str, Any] = field(default_factory=dict)  # what has been set: most of it stays from job to job

    CHANGING: ClassVar = ("job", "overrides", "runtime")  # nodes of `hydra` that differ from job to job

    @cached_property
    def _same(self) -> str:
        return as_yaml({"hydra": {name: one for name, one in self.plain["hydra"].items() if name not in self.CHANGING}})

    def set(self, name: str, value: Any) -> None:
        """Sets a value by its dotted name; raises OmegaConfBaseException if it cannot be set."""
        if name in self.values and repr(self.values[name]) == repr(value):
            return
        OmegaConf.update(self.whole, name, value, merge=False)
        typed = value
        if not name.startswith("hydra."):
            OmegaConf.update(self.own, name, value, merge=False)
            typed = OmegaConf.select(self.own, name)
        *way, last = name.split(".")
        reduce(getitem, way, self.plain)[last] = typed
        self.values[name] = value

    def save(self, folder: Path) -> None:
        """Writes config.yaml, hydra.yaml and overrides.yaml as Hydra does."""
        own, hydra = dict(self.plain), self.plain["hydra"]
        del own["hydra"]
        texts = {
            "config": as_yaml(own),
            "hydra": self._same + indent(as_yaml({name: hydra[name] for name in self.CHANGING}), "  "),
            "overrides": as_yaml(hydra["overrides"]["task"]),
        }
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            files.replace(folder / f"{name}.yaml", text)


class Composer(ConfigLoaderImpl):
    """Hydra's own loader, which lets Hydra compose jobs once for all that differ in plain values, and sets those.

    That gives what Hydra would compose, since it sets values after all groups are merged.
    """

    def __init__(self, loader: ConfigLoader) -> None:
        super().__init__(loader.get_search_path())
        self.composed: dict[tuple[str, ...], Composed] = {}
        self.groups: dict[str, bool] = {}

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        """A job's configuration, which the next call changes; raises HydraException if it cannot be composed."""
        return self.compose(master_config, sweep_overrides).whole

    def compose(self, master: DictConfig, overrides: list[str]) -> Composed:
        """The same, with and without the node `hydra`."""
        parsed = [_parsed(line) for line in overrides]
        values = {one.key_or_group: one.value() for one in parsed if self._is_plain(one)}
        rest = [str(one.input_line) for one in parsed if not self._is_plain(one)]
        if len({one.key_or_group for one in parsed}) < len(parsed):  # which of two is set last counts
            return self._new(master, overrides)
        kind = (*rest, *values)  # jobs of a kind set the same names
        if kind not in self.composed:
            self.composed[kind] = self._new(master, rest)
        composed, tasks = self.composed[kind], [one for one in parsed if not one.is_hydra_override()]
        try:
            for name, value in values.items():
                composed.set(name, value)
        except OmegaConfBaseException:  # Hydra says what is wrong
            return self._new(master, overrides)
        form = composed.whole.hydra.job.config.override_dirname
        dirname = get_overrides_dirname(tasks, form.exclude_keys, form.item_sep, form.kv_sep)
        composed.set("hydra.overrides.task", [str(one.input_line) for one in tasks])
        composed.set("hydra.job.override_dirname", dirname)
        return composed

    def _new(self, master: DictConfig, overrides: list[str]) -> Composed:
        whole = super().load_sweep_config(master, overrides)
        own = copy.deepcopy(whole)
        with open_dict(own):
            del own["hydra"]
        plain: Any = OmegaConf.to_container(whole, enum_to_str=True)
        return Composed(whole, own, plain)

    def _is_plain(self, override: Override) -> bool:
        """Whether it sets a setting that there is, none of Hydra's own, to a number or a text."""
        name = str(override.key_or_group)
        if override.type != OverrideType.CHANGE or override.is_hydra_override() or override.package is not None:
            return False
        if name not in self.groups:
            self.groups[name] = bool(self.get_group_options(name))
        value = override.value()
        return not (self.groups[name] or isinstance(value, dict | list) or "${" in str(value))


@cache
def _parsed(line: str) -> Override:
    return OverridesParser.create().parse_override(line)


class Failed(JobReturn):
    """What Hydra gets of a job that failed: its own would print a line of all overrides above the error."""

    @property  # type: ignore[misc] # nothing sets it again
    def return_value(self) -> Any:
        """Raises the error."""
        raise self._return_value


class JobRunner:
    """Runs jobs of a sweep as `hydra.core.utils.run_job` does: folder, `.hydra/`, run.log, callbacks."""

    def __init__(self, context: HydraContext) -> None:
        self.callbacks = context.callbacks
        self._quiet: tuple[DictConfig, str] | None = None  # whose logging is set up, and in which folder

    def run(self, task_function: TaskFunction, job: Composed, *, quiet: bool) -> JobReturn:
        """Runs one job; a `quiet` one shows only errors on the terminal.

        What is returned keeps no configuration once the callbacks have seen it: thousands would fill the memory.
        """
        config, outer = job.whole, HydraConfig.instance().cfg
        HydraConfig.instance().cfg = config  # type: ignore[assignment]
        try:
            folder = os.path.abspath(Path(config.hydra.sweep.dir, str(config.hydra.sweep.subdir)))
            job.set("hydra.runtime.output_dir", folder)
            os.makedirs(folder, exist_ok=True)
            overrides, name = list(config.hydra.overrides.task), JobRuntime.instance().get("name")
            returned = JobReturn(overrides, job.own, config, os.getcwd(), task_name=name)
            self._log(config, folder, quiet=quiet)
            if config.hydra.output_subdir is not None:
                job.save(Path(folder, config.hydra.output_subdir))
            with env_override(config.hydra.job.env_set):
                self.callbacks.on_job_start(config=config, task_function=task_function)
                try:
                    returned.return_value, returned.status = task_function(job.own), JobStatus.COMPLETED
                except Exception as error:
                    returned.return_value, returned.status = error, JobStatus.FAILED
            self.callbacks.on_job_end(config=config, job_return=returned)
            returned.cfg = returned.hydra_cfg = None
            return returned
        finally:
            HydraConfig.instance().cfg = outer

    def _log(self, config: DictConfig, folder: str, *, quiet: bool) -> None:
        """Sets up a job's logging; after a quiet job of the same kind only its files are changed, which is faster."""
        again = quiet and self._quiet is not None and self._quiet[0] is config
        if not again:
            configure_log(config.hydra.job_logging, config.hydra.verbose)
        names = ("", *(OmegaConf.select(config, "hydra.job_logging.loggers") or ())) if quiet else ()
        for handler in (one for name in names for one in logging.getLogger(name).handlers):
            if not isinstance(handler, logging.FileHandler):
                handler.setLevel(logging.ERROR)
            elif again and self._quiet:
                handler.close()  # it is opened again for its next line
                handler.baseFilename = handler.baseFilename.replace(self._quiet[1], folder)
                Path(handler.baseFilename).touch()
        self._quiet = (config, folder) if quiet else None
