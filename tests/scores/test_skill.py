"""Skill: the share of a reference's score that a forecast saves."""

import numpy as np
import pytest

from stratus.scores.skill import skill


def test_skill_is_1_at_best_0_beside_the_reference_and_below_0_where_it_is_better():
    assert skill(0.0, 4.0) == 1
    assert skill(4.0, 4.0) == 0
    assert skill(12.0, 4.0) == -2


def test_skill_of_many_forecasters_is_each_one_s():
    scores, reference = np.array([[1.0, 2.0], [3.0, 8.0]]), np.array([2.0, 4.0])
    assert skill(scores, reference) == pytest.approx(np.array([[0.5, 0.5], [-0.5, -1.0]]))


def test_beside_a_perfect_reference_there_is_no_skill():
    assert np.isnan(skill(1.0, 0.0))
    assert np.isnan(skill(0.0, 1.4e-19))  # the rounding of a climatology of what never varies
    assert np.isnan(skill(np.ones(2), np.array([0.0, 2.0]))).tolist() == [True, False]
