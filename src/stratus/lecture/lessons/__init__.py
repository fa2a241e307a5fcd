"""The lessons, a module each with a function `lesson`: `conf/experiment/lecture/rain.yaml` names `rain.py`."""
