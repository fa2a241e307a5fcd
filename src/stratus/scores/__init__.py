"""Forecast scores that torchmetrics lacks, as torchmetrics; a module for each kind of forecast."""

from stratus.scores.decisions import Accuracy, LabelMean, Peirce, class_scores
from stratus.scores.probabilities import Brier, LogLoss, RankedProbability
from stratus.scores.reliability import (
    Reliability,
    ReliabilityTable,
    Resolution,
    Uncertainty,
    brier_parts,
    brier_terms,
    sums_over_bins,
)
from stratus.scores.skill import Skill
from stratus.scores.values import Bias

__all__ = [
    "Accuracy",
    "Bias",
    "Brier",
    "LabelMean",
    "LogLoss",
    "Peirce",
    "RankedProbability",
    "Reliability",
    "ReliabilityTable",
    "Resolution",
    "Skill",
    "Uncertainty",
    "brier_parts",
    "brier_terms",
    "class_scores",
    "sums_over_bins",
]
