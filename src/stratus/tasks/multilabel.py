"""Multi-label classification: one sigmoid a label, P(rain at station j) = σ(Wx + b)_j."""

from stratus.tasks.binary import BinaryClassification


class MultilabelClassification(BinaryClassification):
    """P(label j) = σ(Wx + b)_j: a binary model with its own optimum for each label; -log P(y | x) is their sum."""
