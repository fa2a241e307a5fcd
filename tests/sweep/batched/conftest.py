"""Runs trained alone and as members of a group, in this process."""

from pathlib import Path

import pytest

from stratus.runs import experiment
from stratus.runs.record import RunRecord
from stratus.sweep.batched.member import Block, Days, Member


@pytest.fixture(scope="session")
def samples():
    """The days of a run's settings."""

    def made(one):
        data = one.data
        return data.load().observations.split(
            one.recipe, data.borders, standardise=one.features.standardise, resample=data.resample
        )

    return made


@pytest.fixture(scope="session")
def alone(samples):
    """Trains and records a run by itself."""

    def run(settings, folder: Path):
        record = RunRecord(settings.task.name, [])
        experiment.run(settings, None, samples(settings), folder=folder, record=record)
        return record

    return run


@pytest.fixture(scope="session")
def member(samples):
    """A member of a trained group; `together` are the places of those who are verified with it."""

    def of(group, place, together=None):
        settings = group.members[place]
        days = samples(settings)
        return Member(
            Block(group, together or [place], Days(experiment.new_task(settings, days), None, None, days)), place
        )

    return of


@pytest.fixture(scope="session")
def finished(member):
    """Records a member of a trained group as a run."""

    def run(group, place, folder, together=None):
        record = RunRecord(group.members[place].task.name, [])
        member(group, place, together).finish(folder, record)
        return record

    return run
