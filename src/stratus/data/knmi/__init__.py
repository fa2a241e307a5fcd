"""The daily values of the Royal Netherlands Meteorological Institute: files of stations ─► the daily table."""
