"""A folder from a stranger: whatever it holds, no command runs it, shows other files, writes elsewhere, or hangs.

Each group of attacks is one process, in which commands are given one after another as their scripts give them.
"""

import hashlib
import json
import logging
import os
import pickle
import random
import re
import resource
import shutil
import signal
import struct
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from harness import ROOT, Case, given, in_process
from harness import run as command_run
from PIL import Image

from stratus.data.features import user

SECRET = "xyzzy-of-another-file"
SECONDS, MEBIBYTES = 20, 450  # the most that a refusal may take, memory beside what an honest run has taken
OWN = """import os
from os import mkdir

import polars as pl

from stratus import Input

NUMBER = 7


def mine(lead_days, days=1):
    return [Input("warmest", "°C", pl.col("temperature_max").shift(max(lead_days, days)))]


def spring(*given, **more):
    mkdir(more["path"])
"""
EVIL = "\x1b[2J\x1b]0;owned\x07\u202eevil\x9b31m"


@dataclass(frozen=True)
class Attack:
    """What is done to a copy of an honest run, and the command that is then given it."""

    name: str
    harm: Callable[[Path], None]  # gets the copy of the run, `run` in a folder with secret.txt, trap.pkl and others
    command: str = "resume"  # or evaluate, forecast, explain, export, compare, lecture, summary
    more: tuple[str, ...] = ()
    may_pass: bool = False  # whether it may be taken for a run, as a record that lacks something may
    passes: bool = False  # whether it has to be, since what is wrong is not used
    said: str = ""  # what the line has to say
    of: str = "other"  # the honest run that is harmed: `mine` has inputs of a file beside it


# --- how folders are harmed


def entries(folder: Path, change: Callable[[dict], None]) -> None:
    file = folder / "run.json"
    record = json.loads(file.read_text(encoding="utf-8"))
    change(record)
    file.write_text(json.dumps(record), encoding="utf-8")


def overridden(*words: str) -> Callable[[Path], None]:
    """The record's overrides with more; {} stands for the folder around the run."""

    def harm(folder: Path) -> None:
        entries(
            folder, lambda record: record["overrides"].extend(one.replace("{}", str(folder.parent)) for one in words)
        )

    return harm


def recorded(place: str, value: object) -> Callable[[Path], None]:
    """The record with one entry, by its dotted place, as it should not be."""

    def harm(folder: Path) -> None:
        def change(record: dict) -> None:
            *path, last = place.split(".")
            for name in path:
                record = record[name]
            record[last] = json.loads(json.dumps(value).replace('"{}', f'"{folder.parent}'))

        entries(folder, change)

    return harm


def named_only(path: str, checksum: str = "0" * 64, *, also: bool = True) -> Callable[[Path], None]:
    """A record whose data are a file elsewhere, in `data` and, if `also`, in the overrides."""

    def harm(folder: Path) -> None:
        file = path.replace("{}", str(folder.parent))

        def change(record: dict) -> None:
            record["data"].update(file=file, sha256=checksum, source={**record["data"]["source"], "path": file})
            if also:
                record["overrides"] = [
                    f"data.path={file}" if one.startswith("data.path") else one for one in record["overrides"]
                ]

        entries(folder, change)

    return harm


def instead(name: str, content: bytes | str) -> Callable[[Path], None]:
    def harm(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return harm


def special(name: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    """A link, a pipe or a folder in place of a file or folder of the run."""

    def harm(folder: Path) -> None:
        file = folder / name
        shutil.rmtree(file) if file.is_dir() else file.unlink(missing_ok=True)
        make(file)

    return harm


def link(to: str) -> Callable[[Path], None]:
    return lambda file: file.symlink_to(to.replace("{}", str(next(p for p in file.parents if p.name == "run").parent)))


def holding(change: Callable[[dict], object], *names: str) -> Callable[[Path], None]:
    """Checkpoints with other content."""

    def harm(folder: Path) -> None:
        for name in names or ("best", "last"):
            file = folder / "checkpoints" / f"{name}.ckpt"
            content = torch.load(file, weights_only=True)
            change(content)
            torch.save(content, file)

    return harm


def put(place: str, value: object) -> Callable[[dict], None]:
    def change(content: dict) -> None:
        *path, last = place.split("/")
        for name in path:
            content = content[int(name) if isinstance(content, list) else name]
        content[last] = value

    return change


class Trap:
    """Unpickled, it makes a folder."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.canary),)


# --- the attacks


def overrides() -> Iterator[Attack]:
    callback = "+hydra.callbacks.x._target_="
    for name, words in {
        "numpy.load": (
            f"{callback}numpy.load",
            "+hydra.callbacks.x.file={}/trap.pkl",
            "+hydra.callbacks.x.allow_pickle=true",
        ),
        "torch.load": (
            f"{callback}torch.load",
            "+hydra.callbacks.x.f={}/trap.pkl",
            "+hydra.callbacks.x.weights_only=false",
        ),
        "joblib.load": (f"{callback}joblib.load", "+hydra.callbacks.x.filename={}/trap.pkl"),
        "os.mkdir": (f"{callback}os.mkdir", "+hydra.callbacks.x.path={}/canary"),
        "os.mkdir, ++": (f"+{callback}os.mkdir", "++hydra.callbacks.x.path={}/canary"),
        "the table's callback": ("hydra.callbacks.table._target_=os.mkdir", "+hydra.callbacks.table.path={}/canary"),
        "in one word": ("+hydra.callbacks.x={_target_:os.mkdir,path:{}/canary}",),
        "hydra in one word": ("+hydra={callbacks:{x:{_target_:os.mkdir,path:{}/canary}}}",),
        "the launcher": ("hydra.launcher._target_=os.mkdir", "hydra.mode=MULTIRUN"),
        "another launcher": ("hydra/launcher=submitit_local", "hydra.mode=MULTIRUN"),
        "a rerun": ("--experimental-rerun={}/trap.pkl",),
        "a configuration folder": ("--config-dir={}",),
        "a configuration path": ("--config-path={}",),
        "-cd": ("-cd={}",),
        "a multirun": ("-m", "seed=0"),
        "a mode": ("hydra.mode=MULTIRUN",),
        "a searchpath": ("hydra.searchpath=[file://{}]",),
        "the run's folder": ("hydra.run.dir={}/elsewhere",),
        "the sweep's folder": ("hydra.sweep.dir={}/elsewhere",),
        "the outputs' folder": ("hydra.output_subdir=../../elsewhere",),
        "a job's folder": ("hydra.job.chdir=true",),
        "an environment": ("+hydra.job.env_set.LD_PRELOAD={}/trap.pkl",),
        "a log": ("hydra.job_logging.handlers.file.filename={}/canary",),
        "a log's handler": ("+hydra.job_logging.handlers.x={class:logging.FileHandler,filename:{}/canary}",),
        "a hydra log": ("+hydra.hydra_logging.handlers.x={class:logging.FileHandler,filename:{}/canary}",),
        "a log's formatter": ("hydra.job_logging.formatters.simple={'()':os.mkdir,path:{}/canary}",),
        "a deletion": ("~hydra.callbacks",),
        "a deleted setting": ("~data.stations",),
        "a new setting": ("+anything=1",),
        "a target": ("optimizer._target_=os.system",),
        "a device as a target": ("trainer.devices={_target_:os.mkdir}",),
        "many processes": ("trainer=ddp", "trainer.devices=100000"),
        "the environment's secrets": ("data.stations=['${oc.env:SECRET}']",),
        "escaped": ("data.path=$\\{oc.env:SECRET\\}",),
        "in a list": ("data.stations=[[a,'${oc.env:SECRET}']]",),
        "in a name": ("data.names={'${oc.env:SECRET}':x}",),
        "another resolver": ("seed=${oc.decode:'1'}",),
        "a path as a choice": ("data=../../secret",),
        "a folder as a choice": ("features=[two_days,../../../secret]",),
        "an absolute choice": ("data={}/secret",),
        "a choice of hydra's": ("task@hydra.callbacks=binary",),
        "a choice as settings": ("data={kind:csv,path:{}/secret.txt}",),
        "another group": ("hydra/callbacks=x",),
        "choices of a sweep": ("seed=1,2",),
        "a range": ("seed=range(1000000000)",),
        "a glob": ("experiment=glob(*)",),
        "a quoted glob": ("experiment='glob(*)'",),
        "the resumed": ("resume={}/other", "hydra.verbose=true"),
        "no word": ("",),
        "escapes": (f"seed={EVIL}",),
        "two lines": ("seed=1\nseed=2",),
        "zeros": ("data.path=a\0b",),
        "much": ("data.stations=[" + ",".join(["a"] * 100_000) + "]",),
        "deep": ("data.stations=" + "[" * 4000 + "]" * 4000,),
        "surrogates": ("data.path=\udcff",),
    }.items():
        yield Attack(f"overrides, {name}", overridden(*words))
    for said in ("data.source=http://127.0.0.1:9/", "data.path={}/secret.txt", "data.path={}/*", "data.path=/dev/zero"):
        yield Attack(f"overrides, {said}", overridden("data=ghcn", "data.station=USW00013904", said))
    yield Attack(
        "overrides, waves without end", overridden("features=harmonics", "features.harmonics.k=10000000"), said="183"
    )
    yield Attack(
        "overrides, powers without end", overridden("features=day_of_year", "features.day_of_year.degree=99999999")
    )
    yield Attack("overrides, a lead without end", overridden("features.lead_days=999999999"), said="366")
    yield Attack("overrides, one of a thousand", recorded("overrides", ["seed=1"] * 100_000))
    yield Attack("overrides, a sweep with a target", recorded("overrides", ["sweep=../x"]))


def files_elsewhere() -> Iterator[Attack]:
    """Files that only the record names."""
    for command in ("evaluate", "forecast", "export", "resume"):
        for path in (
            "{}/secret.txt",
            "/dev/zero",
            "/dev/tty",
            "{}/pipe",
            "{}",
            "/proc/self/environ",
            "nowhere",
            "a\0b",
            EVIL,
        ):
            yield Attack(f"{command} of {path!r}", named_only(path), command)
    for path in ("{}/*", "/*/*/*/*/*/*/*", "{}/[", "/dev/z*"):
        source = {"kind": "ghcn", "path": path}
        yield Attack(f"files of {path}", lambda f, s=source: recorded("data.source", s)(f), "evaluate")
    yield Attack(
        "more files than sums",
        lambda f: (recorded("data.file", ["{}/secret.txt"])(f), recorded("data.sha256", [])(f)),
        "evaluate",
    )
    yield Attack("the file of another run", recorded("data.source.path", "{}/secret.txt"), "evaluate")
    yield Attack(
        "a store",
        lambda f: (recorded("data.source", {"kind": "store", "path": "{}"})(f), recorded("data.file", "{}")(f)),
        "evaluate",
    )
    address = {"kind": "ghcn", "station": "USW00013904", "source": "http://127.0.0.1:9/"}
    yield Attack("an address", recorded("data.source", address), "evaluate", said="--fetch")
    for name, source in {
        "none": {},
        "of no kind": {"kind": "x"},
        "of a list": {"kind": []},
        "of numbers": {"kind": "csv", "path": 7},
        "of true": {"kind": "csv", "path": True},
        "of a list of paths": {"kind": "csv", "path": ["{}/secret.txt"]},
        "strange": {"kind": "csv", "path": "x", "__class__": "y"},
        "another day": {"kind": "csv", "path": "x", "until": EVIL},
        "a station": {"kind": "ghcn", "station": "../../../secret"},
        "a folder": {"kind": "ghcn", "source": "file:///etc"},
    }.items():
        yield Attack(f"a source, {name}", recorded("data.source", source), "evaluate")


def links() -> Iterator[Attack]:
    """Links, pipes, devices and folders where a file of the run should be."""
    makers = {
        "a link to a secret": link("{}/secret.txt"),
        "a link to its like": link("{}/other/NAME"),
        "a pipe": os.mkfifo,
        "a link to a pipe": link("{}/pipe"),
        "a link to zeros": link("/dev/zero"),
        "a link to itself": lambda file: file.symlink_to(file.name),
        "a folder": Path.mkdir,
    }
    kept = "checkpoints/best.ckpt"
    for name, commands in {
        "run.json": ("evaluate", "resume", "compare", "lecture"),
        kept: ("evaluate", "forecast", "export", "resume"),
        "checkpoints/last.ckpt": ("resume",),
        "forecasts.csv": ("compare",),
        "pictures/plane.png": ("lecture",),
    }.items():
        for what, make in makers.items():
            made = link("{}/other/" + name) if "its like" in what else make
            for command in commands:
                yield Attack(f"{name}, {what}, {command}", special(name, made), command)
    for folder, command in (("checkpoints", "evaluate"), ("checkpoints", "resume"), ("pictures", "lecture")):
        yield Attack(f"{folder}, a link, {command}", special(folder, link("{}/other/" + folder)), command)
    for name, command in (
        ("run.json", "evaluate"),
        (kept, "evaluate"),
        ("forecasts.csv", "compare"),
        ("pictures/plane.png", "lecture"),
    ):
        yield Attack(f"{name}, a terabyte", lambda f, n=name: os.truncate(f / n, 2**40), command, said="at most")
    for strange in (
        "../secret.txt",
        "../../secret.png",
        "/etc/hostname",
        "a/b.png",
        "x\0.png",
        EVIL + ".png",
        ".png",
        "x.html",
    ):
        yield Attack(f"a picture named {strange!r}", recorded("lesson.pictures", [strange]), "lecture")
    yield Attack(
        "a job that is a link",
        lambda f: (
            shutil.copytree(f, f.parent / "kept"),
            shutil.rmtree(f),
            f.mkdir(),
            (f / "0").symlink_to(f.parent / "kept"),
        ),
        "lecture",
    )


def checkpoints() -> Iterator[Attack]:
    big = torch.zeros(1).expand(100_000, 100_000)
    waves = {"harmonics": {"k": 10**7}}
    names = [str(number) for number in range(40_000)]

    def vast(content: dict) -> None:  # six gigabytes of weights in a file of a megabyte
        content["hyper_parameters"] |= {"inputs": names, "units": names, "outputs": names}
        content["state_dict"]["linear.weight"] = torch.zeros(1).expand(len(names), len(names))
        for name in ("linear.bias", "mean", "scale"):
            content["state_dict"][name] = torch.zeros(1).expand(len(names))

    for name, change in {
        "a task without end": vast,
        "a matrix without end": put("state_dict/linear.weight", big),
        "a bias without end": put("state_dict/linear.bias", torch.zeros(1).expand(10**10)),
        "weights nowhere": put("state_dict/linear.weight", torch.empty(10**6, 10**6, device="meta")),
        "sparse weights": put(
            "state_dict/linear.weight", torch.sparse_coo_tensor(size=(10**5, 10**5), check_invariants=False)
        ),
        "weights of text": put("state_dict/linear.weight", "one"),
        "no weights": lambda content: content["state_dict"].clear(),
        "many names": put("hyper_parameters/inputs", ["x"] * 100_000),
        "names of numbers": put("hyper_parameters/inputs", [1, 2]),
        "names as a text": put("hyper_parameters/inputs", "ab"),
        "waves without end": put("datamodule_hyper_parameters/features", waves),
        "powers without end": put("datamodule_hyper_parameters/features", {"day_of_year": {"degree": 10**9}}),
        "powers as text": put("datamodule_hyper_parameters/features", {"day_of_year": {"degree": "2"}}),
        "other features": put("datamodule_hyper_parameters/features", {"station": {}}),
        "features as a list": put("datamodule_hyper_parameters/features", ["two_days"]),
        "no features": put("datamodule_hyper_parameters/features", {}),
        "a strange setting": put("datamodule_hyper_parameters/features", {"two_days": {"path": "x"}}),
        "a lead without end": put("datamodule_hyper_parameters/lead_days", 10**12),
        "a lead before": put("datamodule_hyper_parameters/lead_days", -1),
        "a lead of text": put("datamodule_hyper_parameters/lead_days", "1"),
        "another target": put("datamodule_hyper_parameters/target", EVIL),
        "another task": put("task", "../../secret"),
        "the task linear": put("task", "linear"),
        "a start": put("hyper_parameters/init", "os.system"),
        "an optimiser": put("hyper_parameters/colour", EVIL),
        "an epoch of text": put("epoch", "1"),
        "an epoch before": put("epoch", -5),
        "an epoch without end": put("epoch", 10**30),
    }.items():
        for command in ("evaluate", "resume"):
            yield Attack(
                f"checkpoint, {name}, {command}", holding(change), command, may_pass=name == "an epoch without end"
            )
    for name, change in {
        "another optimiser": put("optimizer", "Adam"),
        "loops": put("loops", {"fit_loop": EVIL}),
        "no loops": lambda content: content.pop("loops"),
        "callbacks": put("callbacks", {"Keep": 7}),
        "states": put("optimizer_states", [{"state": {0: {"momentum_buffer": torch.zeros(7)}}, "param_groups": []}]),
        "no states": put("optimizer_states", []),
        "states of text": put("optimizer_states/0/state", {0: {"momentum_buffer": EVIL}}),
        "wrong states": put("optimizer_states/0/state", {0: {"momentum_buffer": torch.zeros(999)}}),
        "schedulers": put("lr_schedulers", [7]),
        "a version": put("pytorch-lightning_version", EVIL),
        "no version": lambda content: content.pop("pytorch-lightning_version"),
        "steps": put("global_step", EVIL),
    }.items():
        yield Attack(f"checkpoint, {name}, resume", holding(change), may_pass=True)

    def removing(path: str) -> Callable[[dict], None]:
        def change(content: dict) -> None:
            for state in content["callbacks"].values():
                if "best_model_path" in state:
                    state |= {
                        "best_model_path": path,
                        "kth_best_model_path": path,
                        "best_k_models": {path: torch.tensor(9.0)},
                    }
                    state |= {"best_model_score": torch.tensor(9.0), "last_model_path": path}

        return change

    for path in ("..", "../..", "{}/secret.txt", "best.ckpt/..", "."):
        yield Attack(
            f"checkpoint, the best at {path}",
            lambda f, p=path: holding(removing(p.replace("{}", str(f.parent))))(f),
            passes=True,
        )
    for name, content in {"nothing": b"", "zeros": b"\0" * 9999, "a zip": b"PK\x03\x04", "text": SECRET}.items():
        yield Attack(f"checkpoint, {name}", instead("checkpoints/best.ckpt", content), "evaluate")
    yield Attack(
        "checkpoint, a trap", lambda f: shutil.copy(f.parent / "trap.pkl", f / "checkpoints" / "best.ckpt"), "evaluate"
    )
    yield Attack(
        "checkpoint, a trap in it", lambda f: holding(put("callbacks", Trap(f.parent / "canary")))(f), "evaluate"
    )
    yield Attack("checkpoint, a trap in it, resume", lambda f: holding(put("callbacks", Trap(f.parent / "canary")))(f))

    def packed(folder: Path) -> None:
        file = folder / "checkpoints" / "best.ckpt"
        with zipfile.ZipFile(file) as old:
            parts = {name: old.read(name) for name in old.namelist()}
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
            for name, part in parts.items():
                new.writestr(name, part)
            new.writestr("archive/data/99", b"\0" * 2**27)

    yield Attack("checkpoint, packed", packed, "evaluate")


def records() -> Iterator[Attack]:
    deep = "[" * 200_000 + "]" * 200_000
    for name, content in {
        "nothing": b"",
        "no text": b"\xff\xfe\x00",
        "a list": "[]",
        "a number": "7",
        "deep": deep,
        "deep inside": '{"task": "binary", "overrides": [], "lesson": {"figures": ' + deep + "}}",
        "NaN": '{"task": "binary", "overrides": [], "seed": NaN}',
        "huge": '{"task": "b", "overrides": [], "seed": 1e999}',
        "long": '{"task": "binary", "overrides": [], "schema": ' + "9" * 100_000 + "}",
        "a schema": json.dumps({"task": "binary", "overrides": [], "schema": [EVIL] * 1000}),
        "twice": '{"task": "binary", "overrides": [], "overrides": 7}',
        "broken letters": b'{"task": "\xc3\x28", "overrides": []}',
        "half a pair": '{"task": "\\ud800", "overrides": []}',
    }.items():
        for command in ("evaluate", "resume", "lecture"):
            yield Attack(f"record, {name}, {command}", instead("run.json", content), command)
    for place, value in {
        "status": EVIL,
        "status ": EVIL,
        "target": EVIL,
        "task_settings": {"tolerance": [EVIL]},
        "lesson": {"name": EVIL},
        "lesson.name": EVIL,
        "lesson.card": 7,
        "data": None,
        "data.stations": EVIL,
        "data.sha256": [["x"]],
        "references": [],
        "metrics": {"test/loss": "x"},
    }.items():
        command = (
            "lecture"
            if place.startswith(("lesson", "status "))
            else "compare"
            if place.startswith(("target", "task", "status"))
            else "evaluate"
        )
        yield Attack(
            f"record, {place.strip()}, {command}", recorded(place.strip(), value), command, may_pass=place == "lesson"
        )
    yield Attack("record, no references", recorded("references", {}), "evaluate", may_pass=True)
    yield Attack("record, a card of one line", recorded("lesson.card", EVIL), "lecture", may_pass=True)
    yield Attack("record, a command that runs code", overridden("+hydra.callbacks.x._target_=os.system"), "lecture")
    for seed in range(60):
        yield Attack(
            f"record, chance {seed}",
            partial(by_chance, seed=seed),
            random.Random(seed).choice(["evaluate", "forecast", "compare", "lecture", "resume"]),
            may_pass=True,
        )


def by_chance(folder: Path, seed: int) -> None:
    """A few entries of the record, wherever they are, become something else."""
    chance = random.Random(seed)
    strange = (
        None,
        True,
        -1,
        1e300,
        2**70,
        "",
        "x",
        EVIL,
        [],
        {},
        [[]],
        {"": None},
        [1, "a"],
        {"kind": "csv"},
        "$x_",
        "../..",
    )

    def places(value: object) -> Iterator[tuple]:
        for key in list(value if isinstance(value, dict) else range(len(value))):
            yield value, key
            if isinstance(value[key], dict | list):
                yield from places(value[key])

    def change(record: dict) -> None:
        for value, key in chance.sample(list(places(record)), chance.randint(1, 3)):
            value[key] = chance.choice(strange)

    entries(folder, change)


def forecasts() -> Iterator[Attack]:
    head = "date,station,truth,prediction,p(rain)\n"
    row = "2015-01-01,Seattle,rain,rain,0.5\n"
    for name, content in {
        "nothing": "",
        "no rows": head,
        "no text": b"\xff\xfe",
        "zeros": b"\0" * 5000,
        "a word": "word",
        "twice": head + row + row,
        "no day": head + "then,Seattle,rain,rain,0.5\n",
        "no number": head + "2015-01-01,Seattle,rain,rain,much\n",
        "no class": head + "2015-01-01,Seattle,snow,rain,0.5\n",
        "no truth": head + "2015-01-01,Seattle,,rain,0.5\n",
        "fewer": head + "2015-01-01,Seattle\n",
        "more": head + row.strip() + ",7,8\n",
        "values": "date,station,truth,prediction\n2015-01-01,Seattle,1,2\n",
        "two columns": "date,date,station,truth,prediction,p(rain)\n" + row,
        "other columns": "date,station,p(rain)\n2015-01-01,Seattle,0.5\n",
        "escapes": head.replace("rain", EVIL) + row,
        "quotes": head + '"2015-01-01,Seattle,rain,rain,0.5\n',
        "no forecast": head + "2015-01-01,Seattle,rain,rain,\n",
        "wide": "date,station,truth,prediction," + ",".join(f"p({n})" for n in range(20_000)) + "\n",
    }.items():
        yield Attack(f"forecasts, {name}", instead("forecasts.csv", content), "compare")


def walks() -> Iterator[Attack]:
    def png(width: int, height: int) -> bytes:
        chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", b"x"), (b"IEND", b"")]
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks
        )

    eps = f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n({SECRET}) print\n%%EOF\n"
    for name, content in {
        "no picture": SECRET,
        "nothing": b"",
        "a program": eps,
        "vast": png(60_000, 60_000),
        "large": png(9_000, 9_000),
        "broken": png(9, 9),
        "half": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        "another kind": b"GIF89a\1\0\1\0\0\0\0;",
    }.items():
        yield Attack(f"a picture, {name}", instead("pictures/plane.png", content), "lecture")
    film = lambda f: (instead("pictures/film.gif", SECRET)(f), recorded("lesson.pictures", ["film.gif"])(f))  # noqa: E731
    yield Attack("a film that is none", film, "lecture")


def resampled(harm: Callable[[Path], object], after: Callable[[Path], object] = Path.exists) -> Callable[[Path], None]:
    """In place of the run a sweep of 20 resamples with the harm; then what else is done to the sweep's folder."""

    def harmed(folder: Path) -> None:
        harm(folder)
        one = folder.rename(folder.parent / "kept")
        for number in range(20):
            shutil.copytree(one, folder / str(number), symlinks=True)
            entries(folder / str(number), lambda record, k=number: record["data"]["source"].update(resample=k))
        after(folder)

    return harmed


def sweeps() -> Iterator[Attack]:
    """The folder of a sweep over resamples, whose end looks at test days."""
    taken = {"command": "summary", "passes": True, "said": "there are no pictures: "}
    for path in ("{}/secret.txt", "{}/pipe", "/dev/zero", "{}/[", "{}", "a\0b"):
        yield Attack(f"summary, days of {path!r}", resampled(named_only(path, also=False)), **taken)
    address = {"kind": "ghcn", "station": "USW00013904", "source": "http://127.0.0.1:9/"}
    yield Attack("summary, an address", resampled(recorded("data.source", address)), **taken | {"said": "--fetch asks"})
    secret = special("checkpoints/best.ckpt", lambda file: file.symlink_to("/dev/zero"))
    yield Attack("summary, a checkpoint that is a link", resampled(secret), **taken)
    for name, task in {"another task": "multiclass", "a task that there is not": EVIL}.items():
        yield Attack(f"summary, {name}", resampled(holding(put("task", task))), **taken)
    honest = named_only("{}/weather.csv", "", also=False)
    yield Attack("summary, days that have changed", resampled(honest), **taken)
    pictures = link("{}/other/pictures")
    yield Attack(
        "summary, pictures in another folder",
        resampled(Path.exists, lambda f: pictures(f / "pictures")),
        "summary",
        said="it is a link",
    )
    table = link("{}/secret.txt")
    yield Attack(
        "summary, a table that is a link",
        resampled(Path.exists, lambda f: table(f / "summary.csv")),
        "summary",
        passes=True,
    )


def code() -> Iterator[Attack]:
    """Files and modules that would be run: of inputs, optimisers, schedules, callbacks, loggers, configurations.

    `trap.py` is beside the run and, with the checksum that the checkpoint has, in it. It springs once it is run;
    `trusted.py`, which commands name, never does, but imports what could.
    """
    trap = ("{}/trap.py", "{}/run/trap.py", "../run/trap.py", "trap.py", "os", "trap")
    for command in ("evaluate", "forecast", "explain", "export", "resume"):
        yield Attack(f"own inputs, {command}", Path.exists, command, of="mine")
        for path in trap:
            yield Attack(f"own inputs of {path}, {command}", inputs(path=path), command, of="mine")
    yield Attack("own inputs, summary", resampled(Path.exists), "summary", passes=True, of="mine")
    yield Attack("own inputs, compare", Path.exists, "compare", passes=True, of="mine")
    lesson = lambda f: recorded("lesson", json.loads((f.parent / "other/run.json").read_text())["lesson"])(f)  # noqa: E731
    pictures = lambda f: (lesson(f), shutil.copytree(f.parent / "other/pictures", f / "pictures"))  # noqa: E731
    yield Attack("own inputs, lecture", pictures, "lecture", passes=True, of="mine")
    for name, changed in {
        "none of the checksum": {"sha256": ""},
        "of another": {"sha256": "0" * 64},
        "no checksum": {"sha256": None},
        "a list": {"sha256": ["x"]},
        "escapes": {"path": EVIL, "function": EVIL},
        "what the file imports": {"sha256": "TRUSTED", "function": "mkdir", "path": "{}/canary"},
        "a module that the file imports": {"sha256": "TRUSTED", "function": "os"},
        "a name within it": {"sha256": "TRUSTED", "function": "os.mkdir"},
        "what Python has": {"sha256": "TRUSTED", "function": "__import__"},
        "its dictionary": {"sha256": "TRUSTED", "function": "__dict__"},
        "what is no function": {"sha256": "TRUSTED", "function": "NUMBER"},
        "much": {"sha256": "TRUSTED", "function": "mine", "days": 10**9, "x": [[]]},
    }.items():
        for command in ("evaluate", "export"):
            yield Attack(
                f"own inputs, {name}, {command}", inputs(**changed), command, ("--features", "{}/trusted.py"), of="mine"
            )
    for group in ("optimizer", "schedule"):
        for path in trap:
            words = (f"{group}=own", f"{group}.path={path}", f"{group}.function=spring")
            yield Attack(f"own {group} of {path}", overridden(*words))
        imported = overridden(f"{group}=own", f"{group}.function=mkdir", f"+{group}.arguments={{path:{{}}/canary}}")
        trusted = (f"{group}=own", f"{group}.path={{}}/trusted.py")
        yield Attack(f"own {group}, what the file imports", imported, more=trusted)
        yield Attack(f"own {group}, given in another way", overridden(f"{group}={{path:{{}}/trap.py,function:spring}}"))
    for words in (
        ("features=own", "features.own.path={}/trap.py", "features.own.function=spring"),
        ("features=own", "+features.own={path:{}/trap.py,function:spring}"),
        ("features=own", "++features.own.path={}/trap.py"),
        ("features={own:{path:{}/trap.py,function:spring}}",),
        ("callbacks=[{}/trap.py:spring]",),
        ("callbacks=[{}/run/trap.py:spring]",),
        ("+callbacks=['os:system']",),
        ("callbacks.0={}/trap.py:spring",),
        ("optimizer._target_=trap.spring",),
        ("+schedule._target_=os.mkdir", "+schedule.path={}/canary"),
        ("+trainer.callbacks=[{_target_:os.mkdir,path:{}/canary}]",),
        ("+trainer.logger={_target_:os.mkdir,path:{}/canary}",),
        ("logger=wandb",),
        ("logger=[tensorboard,mlflow]",),
        ("+logger.wandb.url=http://127.0.0.1:9/",),
        ("experiment={}/run/trap",),
        ("experiment=../../trap",),
        ("experiment=trap",),
        ("+experiment@_global_=trap",),
        ("hydra/job_logging={}/run/trap",),
        ("hydra.searchpath=[file://{}/run]",),
        ("hydra.searchpath=[pkg://trap]",),
        ("--config-dir={}/run",),
        ("-cn=trap",),
    ):
        yield Attack(f"code, {words[-1]}", overridden(*words))
    yield Attack("code, a callback's place", recorded("overrides", ["task=binary", "callbacks=[trap:spring]"]))
    yield Attack(
        "code, .hydra", instead(".hydra/config.yaml", "hydra: {callbacks: {x: {_target_: trap.spring}}}"), passes=True
    )


def inputs(**changed: object) -> Callable[[Path], None]:
    """The own inputs of a checkpoint's recipe with other entries; TRUSTED stands for that file's checksum."""

    def harm(folder: Path) -> None:
        trusted = hashlib.sha256((folder.parent / "trusted.py").read_bytes()).hexdigest()
        known = {"TRUSTED": trusted, "{}/canary": f"{folder.parent}/canary"}
        entries = {
            name: known.get(value, value) if isinstance(value, str) else value for name, value in changed.items()
        }
        entries = {n: v.replace("{}", str(folder.parent)) if isinstance(v, str) else v for n, v in entries.items()}
        holding(lambda content: content["datamodule_hyper_parameters"]["features"]["own"].update(entries))(folder)

    return harm


GROUPS = {
    one.__name__: one
    for one in (overrides, files_elsewhere, links, checkpoints, records, forecasts, walks, sweeps, code)
}
QUICK = {
    "overrides, os.mkdir",
    "overrides, a rerun",
    "overrides, the run's folder",
    "overrides, a path as a choice",
    "overrides, escapes",
    "overrides, data.path=/dev/zero",
    "evaluate of '{}/pipe'",
    "checkpoints/best.ckpt, a link to a secret, evaluate",
    "checkpoint, waves without end, evaluate",
    "record, deep, evaluate",
    "forecasts, no class",
    "a picture, a program",
    "summary, days of '{}/secret.txt'",
    "own inputs, export",
    "own inputs, what the file imports, evaluate",
    "code, callbacks=[{}/run/trap.py:spring]",
}


# --- the process in which commands are given


def prepare(ground: Path) -> None:
    """An honest run of one epoch, with a lesson, and what attacks need beside it."""
    shutil.copy(ROOT / "data" / "weather.csv", ground)
    data = ["task=binary", "data=csv", f"data.path={ground}/weather.csv", "data.stations=[Seattle]"]
    code, said = given(
        ground, ["train", *data, "trainer.max_epochs=1", "pictures=none", f"hydra.run.dir={ground}/other"]
    )
    assert code == 0, said
    (ground / "other" / "pictures").mkdir()
    Image.new("RGB", (9, 9)).save(ground / "other" / "pictures" / "plane.png")
    lesson = {"name": "rain", "figures": {}, "card": "# Rain\n\nIt rains.", "pictures": ["plane.png"]}
    entries(ground / "other", lambda record: record.update(lesson=lesson))
    (ground / "secret.txt").write_text(f"{SECRET}\n{SECRET}")
    (ground / "secret.yaml").write_text(f"{SECRET}: 1")
    (ground / "trap.pkl").write_bytes(pickle.dumps(Trap(ground / "canary")))
    trap = f"{OWN}if os.path.exists('{ground}/set'):\n    os.mkdir('{ground}/canary')\n"
    (ground / "trap.py").write_text(trap)
    (ground / "trusted.py").write_text(OWN)
    own = ["features=own", f"+features.own={{path:{ground}/trap.py,function:mine}}", "trainer.max_epochs=1"]
    code, said = given(ground, ["train", *data, *own, "pictures=none", f"hydra.run.dir={ground}/mine"])
    assert code == 0, said
    for one in ("other", "mine"):
        shutil.copy(ground / "trap.py", ground / one)
    (ground / "other" / "trap.yaml").write_text(f"# @package _global_\nhydra: {{job: {{env_set: {{A: {SECRET}}}}}}}\n")
    (ground / "set").touch()
    os.mkfifo(ground / "pipe")
    (ground / "bin").mkdir()
    (ground / "bin" / "gs").write_text(f"#!/bin/sh\nmkdir {ground}/canary\n")  # what Pillow has run for PostScript
    (ground / "bin" / "gs").chmod(0o755)
    os.environ["PATH"] = f"{ground}/bin:{os.environ['PATH']}"


def peak() -> int:
    """MiB of memory that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def tried(attack: Attack, ground: Path, honest: int) -> str | None:
    """What an attack achieves, if anything, after an honest run that took so many MiB."""
    here, run = ground / "here", ground / "run"
    for one in (here, run, ground / "kept"):
        shutil.rmtree(one, ignore_errors=True)
    here.mkdir()
    shutil.copytree(ground / attack.of, run, symlinks=True)
    attack.harm(run)
    words = {
        "resume": ["train", f"resume={run}", "trainer.max_epochs=2"],
        "evaluate": ["evaluate", str(run)],
        "forecast": ["forecast", str(run)],
        "explain": ["explain", str(run)],
        "export": ["export", str(run), "--to", str(here / "model.onnx")],
        "compare": ["compare", str(ground / attack.of), str(run)],
        "lecture": ["lecture", str(run), "--to", str(here / "walk")],
        "summary": ["summary", str(run)],
    }[attack.command]
    own = ("here", "run") if attack.command == "summary" else ("here",)  # where a command may write
    user._NAMED.clear()  # as each command begins: nothing is named,
    logging.getLogger("stratus.traceback").handlers[:] = [logging.NullHandler()]  # and no other run's log is open
    before, began = everything(ground, own), time.monotonic()
    signal.alarm(SECONDS)
    code, printed = given(here, [*words, *(one.replace("{}", str(ground)) for one in attack.more)])
    signal.alarm(0)
    taken, used = time.monotonic() - began, peak() - honest
    out, err = printed.split("\f", 1)
    lines = [line for line in err.splitlines() if line.strip()]
    faults = {
        "it ran": (ground / "canary").exists(),
        "it wrote elsewhere": everything(ground, own) != before,
        "the new run is not whole": code == 0 and attack.command == "resume" and not whole(here),
        "it shows another file": SECRET in printed or "PATH=" in printed,
        "a traceback": "Traceback" in printed,
        "escapes": bool(re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", out + err)),
        f"{taken:.0f} seconds": taken > SECONDS - 1,
        f"{used} MiB": used > MEBIBYTES,
        f"exit code {code}": code not in ((0,) if attack.passes else (0, 1) if attack.may_pass else (1,)),
        f"{len(lines)} lines": code == 1 and len(lines) != 1,
        "other words": attack.said not in printed,
    }
    found = [fault for fault, is_so in faults.items() if is_so]
    for left in (ground / "canary", ground / "elsewhere"):
        shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
    return f"{attack.name}: {', '.join(found)}: {printed[-1500:]!r}" if found else None


def whole(here: Path) -> bool:
    """Whether a resumed run left all that a run does."""
    wanted = ("run.json", "forecasts.csv", ".hydra/config.yaml", "checkpoints/best.ckpt", "checkpoints/last.ckpt")
    runs = [file.parent for file in here.glob("outputs/*/*/run.json")]
    return len(runs) == 1 and all((runs[0] / name).is_file() for name in wanted)


def everything(ground: Path, own: tuple[str, ...]) -> dict[str, int]:
    """All files but those in its `own` folders, where a command may write: by path, when they changed last."""
    return {
        str(path): path.lstat().st_mtime_ns
        for top in ground.iterdir()
        if top.name not in own
        for path in (top, *(top.rglob("*") if top.is_dir() and not top.is_symlink() else ()))
    }


def too_long(signum: int, frame: object) -> None:
    raise TimeoutError(f"it takes more than {SECONDS} seconds")


def attacks(group: str) -> Iterator[Attack]:
    every = (one for make in GROUPS.values() for one in make()) if group == "quick" else GROUPS[group]()
    return (one for one in every if group != "quick" or one.name in QUICK)


def give_all(group: str, ground: Path) -> None:
    """Gives the commands of a group, and prints as JSON how many they were, and what was achieved."""
    os.environ["SECRET"] = SECRET
    signal.signal(signal.SIGALRM, too_long)
    resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))  # where an attack succeeds, other processes live on
    prepare(ground)
    every, attacked = list(attacks(group)), partial(tried, ground=ground, honest=peak())
    print(json.dumps([len(every), [one for one in map(attacked, every) if one]]))


def check(folder: Path, group: str) -> None:
    count, failures = json.loads(in_process(__file__, group, str(folder)).splitlines()[-1])
    assert group != "quick" or count == len(QUICK), f"of {len(QUICK)} attacks {count} are there"
    assert not failures, "\n    ".join(failures)


def check_commands(folder: Path) -> None:
    """A few through the commands as they are installed."""
    words = ["task=binary", "trainer.max_epochs=1", "pictures=none", f"hydra.run.dir={folder}/other"]
    assert command_run(*words, folder=folder).code == 0
    for harm, *words in (
        (overridden("+hydra.callbacks.x._target_=os.mkdir", "+hydra.callbacks.x.path={}/canary"), "resume=run"),
        (overridden("hydra.run.dir={}/elsewhere"), "resume=run"),
        (special("checkpoints/best.ckpt", os.mkfifo), "stratus", "evaluate", "run"),
        (recorded("target", EVIL), "stratus", "compare", "other", "run"),
    ):
        shutil.rmtree(folder / "run", ignore_errors=True)
        shutil.copytree(folder / "other", folder / "run")
        harm(folder / "run")
        command_run(*words, folder=folder).refused()
        assert {file.name for file in folder.iterdir()} == {"other", "run"}


def check_doors(folder: Path) -> None:
    """What is written where a stranger's link, file or folder stands."""
    words = ["task=binary", "trainer.max_epochs=1", "pictures=none", f"hydra.run.dir={folder}/run"]
    assert command_run(*words, folder=folder).code == 0
    (folder / "secret.txt").write_text(SECRET)
    (folder / "model.onnx").symlink_to("secret.txt")
    assert command_run("stratus", "export", "run", "--to", "model.onnx", folder=folder).code == 0
    assert (folder / "secret.txt").read_text() == SECRET
    assert not (folder / "model.onnx").is_symlink()
    (folder / "to nowhere").symlink_to("nowhere")
    (folder / "to a full one").symlink_to("run")
    for name in ("run", "secret.txt", "to nowhere", "to a full one", "run/../run"):
        command_run("stratus", "new", name, folder=folder).refused("there already")
    assert not (folder / "nowhere").exists()
    assert not (folder / "run" / "conf").exists()


def cases(quick: bool) -> Iterator[Case]:
    if not quick:
        yield Case("commands", check_commands, 4)
        yield Case("doors", check_doors, 6)
    for group in ["quick"] if quick else GROUPS:
        yield Case(group, partial(check, group=group), len(QUICK) if quick else sum(1 for _ in attacks(group)))


if __name__ == "__main__":
    give_all(sys.argv[1], Path(sys.argv[2]))
