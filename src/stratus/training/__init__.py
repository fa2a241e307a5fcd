"""From a start to trained weights: starts, schedules, stability, callbacks, checkpoints, the exact optimum."""
