"""Forecast scores that torchmetrics lacks, as torchmetrics; a module for each kind of forecast."""

from stratus.scores.decisions import Accuracy, LabelMean, Peirce, class_scores, class_shares
from stratus.scores.probabilities import Brier, LogLoss, RankedProbability, indicators
from stratus.scores.reliability import (
    Reliability,
    ReliabilityTable,
    Resolution,
    Uncertainty,
    bin_sums,
    brier_parts,
    parts_of,
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
    "bin_sums",
    "brier_parts",
    "class_scores",
    "class_shares",
    "indicators",
    "parts_of",
]
