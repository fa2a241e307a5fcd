"""Logging that is set up for one job after another: each has its own files, and a quiet one leaves the terminal."""

import logging

import pytest
from omegaconf import OmegaConf

from stratus.sweep.batched.composer import Composed
from stratus.sweep.batched.logs import Logs

FOLDER = "${hydra.runtime.output_dir}"


@pytest.fixture
def logged(tmp_path):
    """Has three jobs, of which the last runs alone, log a line: what stands in their files."""
    root = logging.getLogger()
    usual = [*root.handlers], root.level, [*logging.getLogger("stratus").handlers]

    def log(file, message="%(message)s", **more):
        found = []
        for number in range(3):
            folder = tmp_path / str(number)
            folder.mkdir()
            asked = {
                "version": 1,
                "disable_existing_loggers": False,
                "formatters": {"plain": {"format": message}},
                "handlers": {
                    "file": {"class": "logging.FileHandler", "formatter": "plain", **file},
                    "terminal": {"class": "logging.StreamHandler", "formatter": "plain"},
                },
                "root": {"level": "INFO", "handlers": ["file", "terminal"]},
                **more,
            }
            job = {
                "job_logging": asked,
                "verbose": False,
                "runtime": {"output_dir": str(folder)},
                "job": {"num": number},
            }
            logs.of_job(Composed(OmegaConf.create({"hydra": job})), folder, quiet=number < 2)
            logging.getLogger("stratus.here").info("line %d", number)
            found.append({path.name: path.read_text() for path in folder.iterdir()})
        return found

    logs = Logs(OmegaConf.create({"hydra": {"hydra_logging": {"version": 1, "root": None}, "verbose": False}}))
    yield log
    for one in (*root.handlers, *logging.getLogger("stratus").handlers):
        one.close()
    root.handlers, root.level, logging.getLogger("stratus").handlers = usual
    logging.getLogger("stratus").propagate = True


@pytest.mark.parametrize("delay", [True, False])
@pytest.mark.parametrize("mode", ["a", "w"])
def test_a_file_in_the_job_s_folder_goes_with_the_job(logged, capsys, delay, mode):
    found = logged({"filename": f"{FOLDER}/all.log", "delay": delay, "mode": mode})
    assert found == [{"all.log": f"line {number}\n"} for number in range(3)]
    assert capsys.readouterr().err == "line 2\n"


def test_a_file_named_after_its_job_is_its_own(logged):
    found = logged({"filename": FOLDER + "/${hydra.job.num}.log"})
    assert found == [{f"{number}.log": f"line {number}\n"} for number in range(3)]


def test_a_line_that_names_the_folder_names_the_job_s(logged, tmp_path):
    found = logged({"filename": f"{FOLDER}/run.log"}, FOLDER + " %(message)s")
    assert found == [{"run.log": f"{tmp_path / str(number)} line {number}\n"} for number in range(3)]


def test_a_handler_of_several_loggers_is_one(logged):
    found = logged({"filename": f"{FOLDER}/run.log"}, loggers={"stratus": {"handlers": ["file"], "propagate": False}})
    assert found == [{"run.log": f"line {number}\n"} for number in range(3)]


def test_a_file_that_all_jobs_share_stays(logged, tmp_path):
    logged({"filename": str(tmp_path / "all.log")})
    assert (tmp_path / "all.log").read_text() == "line 0\nline 1\nline 2\n"
