"""Which pictures a run leaves, where, and that each can be read."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from stratus.lecture.lessons import temperature_line

ALWAYS = {"weights", "worst_days"}
RUNS = {
    ("task=regression",): ALWAYS | {"fit", "scatter"},
    ("task=binary",): ALWAYS | {"boundary", "confusion", "reliability"},
    ("task=multiclass",): ALWAYS | {"boundary", "confusion", "reliability"},
    ("task=multilabel",): ALWAYS | {"confusion", "reliability"},
    ("task=multilabel", "features=[harmonics]", "features.harmonics.k=1"): ALWAYS
    | {"boundary", "confusion", "reliability"},
    ("task=regression", "data=two_cities", "task.target=temperature_max_min", "features=[station,harmonics]"): ALWAYS
    | {f"{what}_temperature_{which}" for what in ("fit", "scatter") for which in ("max", "min")},
    ("task=multiclass", "data=new_york", "features=[station,harmonics]", "features.standardise=false"): ALWAYS
    | {"confusion", "reliability"},
    ("task=binary", "data=netherlands", "trainer.max_epochs=1"): ALWAYS | {"boundary", "confusion", "reliability"},
}


@pytest.fixture(scope="module", params=RUNS, ids=" ".join)
def case(request, drawn):
    """A run and the names of its pictures; the tests of one run follow each other."""
    return drawn(*request.param), RUNS[request.param]


def test_a_run_leaves_the_pictures_that_fit_it_in_its_folder_and_in_tensorboard(case):
    one, names = case
    assert {path.name for path in (one.folder / "pictures").iterdir()} == {f"{name}.png" for name in names}
    events = EventAccumulator(str(one.folder)).Reload()
    assert set(events.Tags()["images"]) == {f"view/{name}" for name in names}
    for name in names:
        with Image.open(one.folder / "pictures" / f"{name}.png") as image:
            (shown,) = events.Images(f"view/{name}")
            assert image.format == "PNG"
            assert image.size == (shown.width, shown.height)
            assert 500 < image.width < 1200
            assert 300 < image.height < 1000
            assert shown.step == one.run.trace.steps[-1]


def test_no_text_is_cut_off_at_the_edge(case):
    for name, figure in case[0].figures.items():
        edge, pen = figure.bbox.padded(1), figure.canvas.get_renderer()
        boxes = [axes.get_tightbbox(pen) for axes in figure.axes]
        boxes += [one.get_window_extent(pen) for one in (*figure.texts, *figure.legends)]
        for box in boxes:
            assert edge.x0 <= box.x0 < box.x1 <= edge.x1, name
            assert edge.y0 <= box.y0 < box.y1 <= edge.y1, name


def test_every_picture_says_where_and_when_and_names_its_axes(case):
    for name, figure in case[0].figures.items():
        texts = [text.get_text() for text in figure.findobj(Text)]
        assert any(place in text for text in texts for place in ("Seattle", "New York", "stations")), name
        assert name == "weights" or any("2015" in text or "2020" in text for text in texts), name
        assert any(axes.get_xlabel() for axes in figure.axes), name
        assert name == "worst_days" or any(axes.get_ylabel() for axes in figure.axes), name


def test_pictures_none_draws_nothing(trained, tmp_path):
    trained(tmp_path, "task=binary", "pictures=none", "trainer.max_epochs=1")
    assert not (tmp_path / "pictures").exists()
    assert EventAccumulator(str(tmp_path)).Reload().Tags()["images"] == []


def test_a_lesson_s_own_picture_takes_the_place_of_the_run_s(drawn):
    one = drawn("experiment=lecture/temperature_line")
    assert {path.stem for path in (one.folder / "pictures").iterdir()} == ALWAYS | {"fit", "scatter"}
    with Image.open(one.folder / "pictures" / "fit.png") as image:
        written = np.asarray(image.convert("RGB"))
    assert np.array_equal(written, pixels(temperature_line.lesson(one.run).pictures["fit"]()))
    assert not np.array_equal(written, pixels(one.figures["fit"]))


def pixels(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def test_where_the_events_are_told_without_error_there_is_no_optimum_and_the_picture_says_so(drawn):
    # Eleven inputs separate fewer days than that, whatever they are.
    one = drawn("task=binary", "features=[two_days,station,harmonics]", "data.validation_from=2012-01-12")
    assert len(one.run.splits.train) < len(one.run.splits.inputs)
    assert not one.run.optimum.attained
    figure = one.figures["weights"]
    assert "there is no optimum" in figure.get_suptitle()
    assert not [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
