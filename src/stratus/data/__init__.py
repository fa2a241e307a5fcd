"""The weather: the daily table and its sources, features and targets, samples, splits, batches."""
