"""Runs trained alone and as members of a group, in this process."""

from pathlib import Path

import pytest

from stratus.runs import experiment
from stratus.runs.record import RunRecord
from stratus.sweep.batched.days import Days
from stratus.sweep.batched.member import Block, Member, train_together


@pytest.fixture(scope="session")
def samples():
    """The days of a run's settings, the same for the same settings."""
    known = {}

    def found(one):
        key = repr((one.data, one.features, one.task))
        if key not in known:
            known[key] = made(one)
        return known[key]

    def made(one):
        data = one.data
        return data.load().observations.split(
            one.recipe, data.borders, standardise=one.features.standardise, resample=data.resample
        )

    return found


@pytest.fixture(scope="session")
def days(samples):
    """What a run's settings share with others on the same days."""
    return lambda one: Days(experiment.new_task(one, samples(one)), None, None, samples(one))


@pytest.fixture(scope="session")
def together(days):
    """Trains runs as one."""
    return lambda members: train_together(members, [days(one) for one in members])


@pytest.fixture(scope="session")
def alone(samples):
    """Trains and records a run by itself."""

    def run(settings, folder: Path):
        record = RunRecord(settings.task.name, [])
        experiment.run(settings, None, samples(settings), folder=folder, record=record)
        return record

    return run


@pytest.fixture(scope="session")
def member(days):
    """A member of a trained group; `beside` are the places of those who are verified with it."""

    def of(group, place, beside=None):
        return Member(Block(group, beside or [place], days(group.members[place])), place)

    return of


@pytest.fixture(scope="session")
def finished(member):
    """Records a member of a trained group as a run."""

    def run(group, place, folder, beside=None):
        record = RunRecord(group.members[place].task.name, [])
        member(group, place, beside).finish(folder, record)
        return record

    return run
