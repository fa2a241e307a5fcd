"""A score beside a reference's."""

from torch import Tensor
from torchmetrics import Metric
from torchmetrics.wrappers.abstract import WrapperMetric


class Skill(WrapperMetric):
    """Skill 1 - S/S_ref: the share of a reference's score S_ref that a forecast saves; 1 at best, 0 is no better.

    Args:
        score: A score that is 0 for a perfect forecast, such as `Brier()`; a copy of it takes in the reference.

    >>> from torchmetrics import MeanSquaredError
    >>> skill = Skill(MeanSquaredError())
    >>> skill.update(torch.tensor([11.0]), torch.tensor([12.0]), torch.tensor([10.0]))
    >>> skill.compute()
    tensor(0.7500)
    """

    higher_is_better = True

    def __init__(self, score: Metric) -> None:
        super().__init__()
        self.score, self.reference = score, score.clone()

    def update(self, forecast: Tensor, reference: Tensor, y: Tensor) -> None:
        """Takes in forecasts, the reference's of the same days, and the truth, in the form that the score takes."""
        self.score.update(forecast, y)
        self.reference.update(reference, y)

    def compute(self) -> Tensor:
        """The skill."""
        saved: Tensor = 1 - self.score.compute() / self.reference.compute()
        return saved

    def reset(self) -> None:
        """Forgets what was taken in."""
        super().reset()
        self.score.reset()
        self.reference.reset()
