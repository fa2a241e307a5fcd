"""Runs a job as Hydra's `run_job` does, without its copies of the whole configuration, which take 20 ms a job."""

import logging
import os
from pathlib import Path

import yaml
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobRuntime, JobStatus, configure_log, env_override
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict, read_write
from omegaconf._utils import OmegaConfDumper


class _Dumper(yaml.CDumper):  # type: ignore[misc]
    """As OmegaConf's, in C."""


_Dumper.add_representer(str, OmegaConfDumper.str_representer)


def run_job(context: HydraContext, task_function: TaskFunction, config: DictConfig, own: DictConfig) -> JobReturn:
    """Runs one job of a sweep.

    The folder with `.hydra/` and run.log, the callbacks and what is returned are those of `hydra.core.utils.run_job`.
    But of thousands of jobs the configurations would fill the memory: what is returned keeps none once the callbacks
    have seen it.

    Args:
        context: Whose callbacks are called.
        task_function: What is run.
        config: The whole configuration.
        own: The same without the node `hydra`, which the task function is given.
    """
    outer = HydraConfig.instance().cfg
    HydraConfig.instance().set_config(config)
    try:
        folder = Path(os.path.abspath(Path(config.hydra.sweep.dir, str(config.hydra.sweep.subdir))))
        with read_write(config.hydra.runtime), open_dict(config.hydra.runtime):
            config.hydra.runtime.output_dir = str(folder)
        whole = HydraConfig.instance().cfg
        assert isinstance(whole, DictConfig)
        with read_write(whole.hydra.runtime), open_dict(whole.hydra.runtime):
            whole.hydra.runtime.output_dir = str(folder)
        returned = JobReturn(list(config.hydra.overrides.task), own, whole, os.getcwd())
        folder.mkdir(parents=True, exist_ok=True)
        configure_log(config.hydra.job_logging, config.hydra.verbose)
        if config.hydra.output_subdir is not None:
            parts = {"config": own, "hydra": whole, "overrides": config.hydra.overrides.task}
            _save(folder / config.hydra.output_subdir, parts)
        with env_override(config.hydra.job.env_set):
            context.callbacks.on_job_start(config=config, task_function=task_function)
            try:
                returned.return_value = task_function(own)
                returned.status = JobStatus.COMPLETED
            except Exception as error:
                returned.return_value, returned.status = error, JobStatus.FAILED
        returned.task_name = JobRuntime.instance().get("name")
        for handler in logging.getLogger().handlers:
            handler.flush()
        context.callbacks.on_job_end(config=config, job_return=returned)
        returned.cfg = returned.hydra_cfg = None
        return returned
    finally:
        HydraConfig.instance().cfg = outer


def _save(folder: Path, parts: dict[str, DictConfig]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, node in parts.items():
        plain = OmegaConf.to_container(node, enum_to_str=True)
        text = yaml.dump(plain, default_flow_style=False, allow_unicode=True, sort_keys=False, Dumper=_Dumper)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
