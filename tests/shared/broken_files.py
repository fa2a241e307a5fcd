"""Small files as people have them, each with one thing wrong or of another source, for tests/wrong_inputs.toml."""

import gzip
import json
import re
from datetime import date, timedelta
from pathlib import Path

HEADER = "station,date,temperature_max,temperature_min,precipitation"
ROW = "Oslo,2012-01-01,1,0,0"
DLY = "GME00102380201201TMAX" + "   10  E" * 31
KNMI = "# BRON: KONINKLIJK NEDERLANDS METEOROLOGISCH INSTITUUT (KNMI)\n# STN,YYYYMMDD,   TX,   TN,   RH\n"
AUSTRALIA = "Date,Location,MinTemp,MaxTemp,Rainfall\n"


def _days(count, start=date(2012, 1, 1)):
    rows = (f"Oslo,{start + timedelta(one)},{10 + one % 7},{one % 5},{one % 3}" for one in range(count))
    return "\n".join([HEADER, *rows]) + "\n"


def _csv(*rows, header=HEADER):
    return "\n".join([header, *rows]) + "\n"


FILES = {
    "good.csv": _days(1461),
    "short.csv": _days(40),
    "hourly.csv": "date,temperature_max\n2012-01-01 00:00,1\n2012-01-01 12:00,3\n",
    "maxima.csv": "\n".join(re.sub(r"^[^,]*,([^,]*,[^,]*).*", r"\1", one) for one in _days(1461).splitlines()),
    "empty.csv": "",
    "blank.csv": "\n\n\n",
    "header.csv": _csv(),
    "warm.csv": _csv(ROW, "Oslo,2012-01-02,warm,0,0"),
    "twice.csv": _csv(ROW, ROW),
    "february.csv": _csv("Oslo,2012-02-30,1,0,0"),
    "american.csv": _csv("Oslo,1/2/2012,1,0,0"),
    "undated.csv": _csv("Oslo,,1,0,0"),
    "nowhere.csv": _csv(",2012-01-01,1,0,0"),
    "no_date.csv": _csv("Oslo,1,0,0", header=HEADER.replace("date,", "")),
    "no_station.csv": _csv("2012-01-01,1,0,0", header=HEADER.replace("station,", "")),
    "only_key.csv": _csv("Oslo,2012-01-01", header="station,date"),
    "two_names.csv": _csv("Oslo,2012-01-01,1,2", header="station,date,temperature_max,temperature_max"),
    "long_row.csv": _csv(ROW, "Oslo,2012-01-02,1,0,0,7"),
    "short_row.csv": _csv(ROW, "Oslo,2012-01-02,1"),
    "negative.csv": _csv("Oslo,2012-01-01,1,0,-3"),
    "hot.csv": _csv("Oslo,2012-01-01,1000,0,0"),
    "infinite.csv": _csv("Oslo,2012-01-01,inf,0,0"),
    "semicolons.csv": _csv("Oslo;2012-01-01;1,5x;0;0", header=HEADER.replace(",", ";")),
    "tabs.csv": _csv(ROW.replace(",", "\t"), header=HEADER.replace(",", "\t")),
    "commas.csv": _csv('Oslo,2012-01-01,"1,5",0,0'),
    "unclosed.csv": _csv('"Oslo,2012-01-01,1,0,0'),
    "latin.csv": _csv(ROW.replace("Oslo", "Zürich")).encode("latin-1"),
    "wide.csv": _csv(ROW).encode("utf-16"),
    "zeros.csv": b"\0" * 100,
    "sheet.xlsx": b"PK\x03\x04" + bytes(range(256)),
    "page.csv": "<!DOCTYPE html>\n<html><body>404</body></html>\n",
    "weather.json": '[{"station": "Oslo", "date": "2012-01-01"}]\n',
    "other.csv": "day;maximum;rain\n1.1.2012;3;0\n",
    "cut.csv.gz": gzip.compress(_days(1000).encode())[:200],
    "fake.csv.gz": _days(10),
    "fake.parquet": _days(10),
    "cut.parquet": b"PAR1" + bytes(40),
    "station.dly": DLY + "\n",
    "last.csv": _csv("Oslo,9999-12-30,1,0,0", "Oslo,9999-12-31,1,0,2"),
    "own/experiment/key.yaml": "# @package _global_\noptimizer:\n  lrr: 0.1\n",
    "own/experiment/value.yaml": "# @package _global_\noptimizer:\n  lr: fast\n",
    "own/experiment/open.yaml": "# @package _global_\noptimizer: {lr: 0.1\n",
    "own/experiment/tab.yaml": "# @package _global_\noptimizer:\n\tlr: 1\n",
    "own/experiment/choice.yaml": "# @package _global_\ndefaults:\n  - override /task: regresion\n",
    "own/experiment/plain.yaml": "# @package _global_\ndefaults:\n  - /task: binary\n",
    "own/experiment/list.yaml": "# @package _global_\n- a\n",
    "own/experiment/latin.yaml": b"tags: [Z\xfcrich]\n",
    "own/experiment/bare.yaml": "seed: 3\n",
    "own/experiment/empty.yaml": "",
    "own/experiment/late.yaml": "# mine\n# @package _global_\nseed: 3\n",
    "own/experiment/marked.yaml": "\ufeff# @package _global_\nseed: 3\n",
    "own/experiment/headless.yaml": "defaults:\n  - override /task: binary\n",
    "own/experiment/dotted.yaml": "# @package _global_\ntrainer.max_epochs: 3\n",
    "own/experiment/deep.yaml": "# @package _global_\nfeatures:\n  harmonics.k: 3\n",
    "own/experiment/task.yaml": "# @package _global_\ntask: binary\n",
    "own/experiment/listed.yaml": "# @package _global_\nfeatures: [station]\n",
    "own/experiment/override.yaml": "# @package _global_\ndefaults:\n  - override task: binary\n",
    "own/experiment/default.yaml": "# @package _global_\ndefaults:\n  - task: binary\n",
    "own/experiment/launcher.yaml": "# @package _global_\ndefaults:\n  - override hydra/launcher: joblib\n",
    "own/experiment/nowhere.yaml": "# @package _global_\nfeatures:\n  lead_days: ${nope}\n",
    "own/experiment/unset.yaml": "# @package _global_\nfeatures:\n  lead_days: ${oc.env:NOT_SET}\n",
    "cut.dly": DLY[:60] + "\n",
    "letters.dly": DLY.replace("   10", "   XX", 1) + "\n",
    "empty.dly": "",
    "month.dly": DLY.replace("201201", "201213") + "\n",
    "empty.txt": "",
    "knmi.txt": KNMI + "  260,20120101,   10,    1,    0\n",
    "knmi_date.txt": KNMI + "  260,20121301,   10,    1,    0\n",
    "knmi_letters.txt": KNMI + "  260,20120101,  abc,    1,    0\n",
    "knmi_short.txt": KNMI + "  260,20120101\n",
    "knmi_bare.txt": KNMI,
    "bureau.csv": AUSTRALIA + "2012-01-01,Albury,1,2,0\n",
    "bureau_letters.csv": AUSTRALIA + "2012-01-01,Albury,cold,2,0\n",
    "bureau_date.csv": AUSTRALIA + "2012-13-01,Albury,1,2,0\n",
    "bureau_twice.csv": AUSTRALIA + "2012-01-01,Albury,1,2,0\n2012-01-01,Albury,1,2,0\n",
    "bureau_bare.csv": AUSTRALIA,
    "year.csv": "GME00102380,20120101,TMAX,10,,,E,\n",
    "year_letters.csv": "GME00102380,20120101,TMAX,ten,,,E,\n",
    "mine.py": "def inputs(lead_days):\n    return []\n",
    "syntax.py": "def inputs(lead_days:\n",
    "raises.py": "def inputs(lead_days):\n    raise ValueError('no')\n",
    "stops.py": "raise SystemExit\n",
    "future.py": "import polars as pl\nfrom stratus import Input\n\n\ndef inputs(lead_days):\n"
    "    return [Input('tomorrow', 'degC', pl.col('temperature_max').shift(-1))]\n",
    "number.py": "def inputs(lead_days):\n    return 3\n\n\nvalue = 3\n",
    "folder.csv/readme": "",
    "no_run/readme": "",
    "broken_run/run.json": "{",
    "list_run/run.json": "[]",
    "text_run/run.json": '"run"',
    "empty_run/run.json": "",
    "zero_run/run.json": b"\0\0",
    "fresh_run/run.json": json.dumps({"task": "binary", "overrides": [], "seed": 0}),
    "store_bare/readme": "",
    "store_broken/store.json": "{",
    "store_list/store.json": "[]",
    "no_sweep/0/readme": "",
}


def write(folder):
    """Writes them all into a folder."""
    for name, content in FILES.items():
        file = Path(folder, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
