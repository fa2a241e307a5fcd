"""What jobs of a sweep log: each into its own file, whether it runs alone or is recorded among others."""

import pytest

SWEEP = ("-m", "task=binary", "trainer.max_epochs=1", "pictures=none", "hydra.sweep.dir=sweep")


@pytest.fixture
def swept(door, tmp_path):
    """Runs a sweep: its folder, and what the terminal shows."""

    def run(*words):
        process = door(tmp_path, *SWEEP, *words)
        out, err = process.communicate(timeout=100)
        assert process.returncode == 0, out + err
        return tmp_path / "sweep", out + err

    return run


def lines(folder, file="run.log"):
    """The lines of each job's log without their times."""
    return [(folder / str(number) / file).read_text().splitlines() for number in range(4)]


def test_each_job_s_file_has_its_own_lines_and_the_terminal_those_of_jobs_that_run_alone(swept):
    folder, said = swept("hydra/launcher=batched", "optimizer=gd,lbfgs", "optimizer.lr=0.25,0.5")
    found = lines(folder)
    assert [len(one) for one in found] == [1, 1, 1, 1]
    for (line,), rate in zip(found, ("0.25", "0.5", "0.25", "0.5"), strict=True):
        assert f"INFO learning rate {rate};" in line
    assert [f"#{number} :" in said for number in range(4)] == [False, False, True, True]
    assert said.count("learning rate 0.") == 2
    assert said.count("LBFGS has no fixed largest stable step") == 2


def test_a_log_that_another_file_is_asked_for_has_it_in_each_folder(swept):
    name = "${hydra:runtime.output_dir}/all.log"
    words = (f"hydra.job_logging.handlers.file.filename='{name}'", "hydra.job_logging.handlers.file.delay=false")
    folder, _ = swept("hydra/launcher=batched", "optimizer=gd", "optimizer.lr=0.1,0.2,0.3,0.4", *words)
    for (line,), rate in zip(lines(folder, "all.log"), ("0.1", "0.2", "0.3", "0.4"), strict=True):
        assert f"learning rate {rate};" in line
    assert not list(folder.glob("*/run.log"))


def test_a_log_named_after_its_job_is_set_up_for_each(swept):
    name = "${hydra:runtime.output_dir}/${hydra:job.num}.log"
    words = ("optimizer=gd", "optimizer.lr=0.1,0.2,0.3,0.4", f"hydra.job_logging.handlers.file.filename='{name}'")
    folder, _ = swept("hydra/launcher=batched", *words)
    for number, rate in enumerate(("0.1", "0.2", "0.3", "0.4")):
        (line,) = (folder / str(number) / f"{number}.log").read_text().splitlines()
        assert f"learning rate {rate};" in line


@pytest.mark.parametrize(
    "asked",
    [
        "hydra.job_logging.formatters.dated.format='${hydra:runtime.output_dir} %(message)s'",
        "+hydra.job_logging.loggers.stratus={level:INFO,handlers:[file],propagate:false}",
    ],
)
def test_what_else_depends_on_the_job_is_its_own(swept, asked):
    folder, _ = swept("hydra/launcher=batched", "optimizer=gd", "optimizer.lr=0.1,0.2,0.3,0.4", asked)
    for number, (line,) in enumerate(lines(folder)):
        assert f"learning rate 0.{number + 1};" in line
        if "formatters" in asked:
            assert line.startswith(str(folder / str(number)))
