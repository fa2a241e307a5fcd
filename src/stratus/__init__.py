"""Stratus: one linear layer, trained by gradient descent, forecasts weather from a station's daily record."""
