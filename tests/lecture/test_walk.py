"""`stratus lecture`: the page that the runs of the lessons make, and the one that is in docs/."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from stratus import lecture
from stratus.lecture.walk import lessons

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "lecture.md"
NUMBER, GAP = re.compile(r"\d+(?:\.\d+)?"), "\0"
LINK = re.compile(r"!\[[^\]]+\]\(([^)]+)\)")
ORDER = [
    "temperature_line", "temperature_cycle", "rain", "rain_quadratic", "weather_types", "softmax_or_sigmoids",
    "accuracy", "losses", "gradient_descent", "learning_rate", "initialisation", "gradients", "common_mistakes",
    "clock", "best_linear",
]  # fmt: skip


def commands(page):
    """The lessons whose command is on the page as a section's, in their order."""
    return re.findall(r"### .+\n\n```sh\npython train.py experiment=lecture/(\w+)\n```", page)


@pytest.fixture(scope="module")
def sweep(trained, tmp_path_factory):
    """Two lessons, the later one first."""
    folder = tmp_path_factory.mktemp("sweep")
    for number, name in enumerate(("rain_quadratic", "temperature_line")):
        trained(folder / str(number), f"experiment=lecture/{name}")
    return folder


# --- the command


def test_it_writes_the_lessons_in_the_lecture_s_order_with_their_pictures(stratus, sweep, tmp_path):
    said = stratus("lecture", sweep, "--to", tmp_path / "docs")
    page = (tmp_path / "docs" / "lecture.md").read_text()
    assert commands(page) == ["temperature_line", "rain_quadratic"]
    assert re.findall("^## (.+)", page, re.M) == ["Linear regression and classification"]
    assert LINK.findall(page) == ["lecture/temperature_line.fit.png", "lecture/rain_quadratic.planes.png"]
    written = {str(file.relative_to(tmp_path / "docs")) for file in tmp_path.rglob("*.png")}
    assert written == set(LINK.findall(page))
    assert said[0].startswith("2 lessons, 2 pictures, ")
    assert "without temperature_cycle, rain, weather_types, " in said[1]
    assert said[-1].strip() == str(tmp_path / "docs" / "lecture.md")


def test_text_and_numbers_are_those_of_the_runs_cards(stratus, sweep, tmp_path):
    stratus("lecture", sweep / "0", sweep / "1", "--to", tmp_path)
    page = (tmp_path / "lecture.md").read_text()
    for run in ("0", "1"):
        title, card = (sweep / run / "card.md").read_text().split("\n", 1)
        assert f"##{title}\n" in page
        assert card.strip() in page


def test_pictures_look_as_in_the_run_and_are_small(stratus, sweep, tmp_path):
    stratus("lecture", sweep, "--to", tmp_path)
    for name, run in (("temperature_line.fit", "1/pictures/fit"), ("rain_quadratic.planes", "0/pictures/planes")):
        copied, drawn = tmp_path / "lecture" / f"{name}.png", sweep / f"{run}.png"
        assert np.abs(imread(copied)[..., :3] - imread(drawn)[..., :3]).max() < 8.5 / 255
        assert copied.stat().st_size < drawn.stat().st_size


def test_a_lesson_written_again_leaves_no_old_picture(stratus, sweep, tmp_path):
    (tmp_path / "lecture").mkdir()
    for name in ("temperature_line.old.png", "rain.plane.png"):
        (tmp_path / "lecture" / name).touch()
    stratus("lecture", sweep, "--to", tmp_path)
    assert not (tmp_path / "lecture" / "temperature_line.old.png").exists()
    assert (tmp_path / "lecture" / "rain.plane.png").exists()  # of a lesson that was not given


def test_jobs_are_found_however_deep_in_the_sweep_s_folder(sweep, tmp_path):
    shutil.copytree(sweep, tmp_path / "a" / "b")
    assert lessons([tmp_path]).keys() == lessons([sweep]).keys()


def test_what_is_no_finished_lesson_is_refused(refusal, sweep, short, tmp_path):
    assert "is neither a run's folder nor a sweep's" in refusal("lecture", tmp_path, "--to", tmp_path)
    said = refusal("lecture", short("binary"), "--to", tmp_path)
    assert "its status is finished, its lesson None; the walk needs finished runs of experiment=lecture/…" in said
    said = refusal("lecture", sweep, sweep / "0", "--to", tmp_path)
    assert "are both runs of the lesson rain_quadratic: give one of them" in said
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "run.json").write_bytes((sweep / "0" / "run.json").read_bytes())
    said = refusal("lecture", broken, "--to", tmp_path / "docs")  # without its pictures
    assert re.search(r"broken/pictures/\w+\.png: No such file", said)
    assert "write" not in said
    assert not (tmp_path / "docs" / "lecture.md").exists()


def test_a_lesson_without_pictures_is_told_without(stratus, sweep, tmp_path):
    run = json.loads((sweep / "1" / "run.json").read_text())
    run["lesson"]["pictures"] = []
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text(json.dumps(run))
    stratus("lecture", tmp_path / "run", "--to", tmp_path)
    assert LINK.findall((tmp_path / "lecture.md").read_text()) == []


# --- the page in docs/


def test_the_page_in_docs_tells_all_lessons_in_the_lecture_s_order():
    assert list(lecture.NAMES) == ORDER
    assert commands(PAGE.read_text()) == ORDER
    assert re.findall("^## (.+)", PAGE.read_text(), re.M) == list(lecture.PARTS)
    modules = {file.stem for file in (ROOT / "src" / "stratus" / "lecture" / "lessons").glob("*.py")} - {"__init__"}
    experiments = {file.stem for file in (ROOT / "conf" / "experiment" / "lecture").glob("*.yaml")}
    assert modules == experiments == set(ORDER)


def test_every_picture_of_the_page_in_docs_is_there_and_no_other():
    linked = LINK.findall(PAGE.read_text())
    assert {link.partition("/")[2].partition(".")[0] for link in linked} == set(ORDER)
    assert {f"lecture/{file.name}" for file in (PAGE.parent / "lecture").iterdir()} == set(linked)
    assert sum((PAGE.parent / link).stat().st_size for link in linked) < 3 * 2**20


def test_the_page_in_docs_says_what_a_run_says_today(sweep):
    page = PAGE.read_text()
    for run in lessons([sweep]).values():
        words = NUMBER.sub(GAP, run.section)
        before, found, _ = NUMBER.sub(GAP, page).partition(words)
        assert found, run.section
        there = NUMBER.findall(page)[before.count(GAP) :]
        for ours, theirs in zip(NUMBER.findall(run.section), there, strict=False):
            last_digit = 10.0 ** -len(ours.partition(".")[2])  # another processor rounds otherwise
            assert float(ours) == pytest.approx(float(theirs), rel=1e-3, abs=1.01 * last_digit)
