"""Runs a job as Hydra's `run_job` does, without its copies of the whole configuration, which take 20 ms a job."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobRuntime, JobStatus, env_override
from hydra.types import HydraContext, TaskFunction
from omegaconf import OmegaConf

from stratus.settings.compose import as_yaml
from stratus.sweep.batched.composer import Composed


def run_job(
    context: HydraContext, task_function: TaskFunction, composed: Composed, logging_into: Callable[[Path], None]
) -> JobReturn:
    """Runs one job of a sweep.

    The folder with `.hydra/` and run.log, the callbacks and what is returned are those of `hydra.core.utils.run_job`.
    But of thousands of jobs the configurations would fill the memory: what is returned keeps none once the callbacks
    have seen it.

    Args:
        context: Whose callbacks are called.
        task_function: What is run.
        composed: Its configuration.
        logging_into: Sets logging up, given the job's folder.
    """
    config, outer = composed.whole, HydraConfig.instance().cfg
    OmegaConf.set_readonly(config.hydra, True)
    HydraConfig.instance().cfg = config  # type: ignore[assignment]
    try:
        folder = Path(os.path.abspath(Path(config.hydra.sweep.dir, str(config.hydra.sweep.subdir))))
        composed.set("runtime.output_dir", str(folder))
        returned = JobReturn(list(composed.hydra["overrides"]["task"]), composed.own, config, os.getcwd())
        folder.mkdir(parents=True, exist_ok=True)
        logging_into(folder)
        if config.hydra.output_subdir is not None:
            _save(folder / config.hydra.output_subdir, composed)
        with env_override(config.hydra.job.env_set):
            context.callbacks.on_job_start(config=config, task_function=task_function)
            try:
                returned.return_value = task_function(composed.own)
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


def _save(folder: Path, composed: Composed) -> None:
    texts = {
        "config": as_yaml(OmegaConf.to_container(composed.own, enum_to_str=True)),
        "hydra": "hydra:\n" + indent(as_yaml(composed.hydra), "  "),
        "overrides": as_yaml(composed.hydra["overrides"]["task"]),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
