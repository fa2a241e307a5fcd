"""What a forecast is measured against, and how sure the measure is: references, forecasts, intervals."""
