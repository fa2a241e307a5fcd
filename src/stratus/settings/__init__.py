"""What a configuration may say: a dataclass a group, which checks its own values. Nothing here imports torch.

`experiment.Config` is the whole of it; `data`, `task`, `features`, `descent` (optimizer, schedule, init) and `trainer`
are its groups. `compose` hands them to Hydra and gets them back checked. `arguments` and `command_line` are what is
done to the command line before Hydra reads it. `beforehand` then checks names and plain values; `mistakes` and
`written` say what was wrong later, with the nearest of the `names` that there are. `help` is what `python train.py
--help` says.
"""
