"""A sweep's pictures, read back from their artists, beside the jobs' records and numpy."""

import io
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from stratus.data.observations import Provenance
from stratus.runs.record import RunRecord
from stratus.sweep.jobs import drawable, effect
from stratus.sweep.pictures import drawings, write

RATES, STARTS, SEEDS = (0.05, 0.2, 1e20), ("zeros", "gaussian"), ("0", "1")


def lines(axes, gid):
    """x and y of each line of this name, [n, 2]."""
    return [np.column_stack(line.get_data()) for line in axes.lines if line.get_gid() == gid]


def uncut(figure):
    """Whether all text and axes lie within the sheet."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pen, edge = canvas.get_renderer(), figure.bbox.padded(1)
    boxes = [axes.get_tightbbox(pen) for axes in figure.axes]
    boxes += [one.get_window_extent(pen) for one in (*figure.texts, *figure.legends)]
    return all(edge.x0 <= b.x0 < b.x1 <= edge.x1 and edge.y0 <= b.y0 < b.y1 <= edge.y1 for b in boxes)


# --- of a real sweep


def test_the_pictures_lie_in_the_sweep_s_folder_and_in_tensorboard(sweep):
    written = sorted(sweep.folder.glob("pictures/*"))
    assert [path.name for path in written] == ["heat_map.png", "learning_rate.png"]
    events = EventAccumulator(str(sweep.folder)).Reload()
    assert set(events.Tags()["images"]) == {"view/learning_rate", "view/heat_map"}
    for path in written:
        (shown,) = events.Images(f"view/{path.stem}")
        assert shown.encoded_image_string == path.read_bytes()
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            assert image.size == (shown.width, shown.height)
            assert 600 < image.width < 1200
        assert uncut(sweep.figures[path.stem])


def test_points_are_the_jobs_losses_and_lines_their_means_over_seeds(sweep):
    for axes, tag in zip(sweep.figures["learning_rate"].axes, ("val/loss", "train/loss"), strict=True):
        for init, points, means in zip(STARTS, lines(axes, "jobs"), lines(axes, "means"), strict=True):
            losses = {
                lr: [sweep.runs[text, init, seed]["metrics"][tag] for seed in SEEDS]
                for lr, text in zip(RATES[:2], ("0.05", "0.2"), strict=True)
            }
            assert points.tolist() == [[lr, loss] for lr in losses for loss in losses[lr]]
            assert means == pytest.approx(np.array([[lr, np.mean(losses[lr])] for lr in losses]))


def test_the_dashed_line_is_two_over_the_largest_eigenvalue_of_the_hessian(sweep):
    table = pl.read_csv(Path(__file__).parents[2] / "data" / "weather.csv").filter(pl.col("station") == "Seattle")
    mean = table.select((pl.col("temperature_max") + pl.col("temperature_min")) / 2).to_numpy()[:, 0]
    at = np.arange(2, 731)  # 2012-01-03 to the end of 2013
    x = np.stack([mean[at - 1], mean[at - 2]], axis=1)
    a = np.column_stack([(x - x.mean(0)) / x.std(0), np.ones(len(x))])
    limit = 2 / np.linalg.eigvalsh(2 * a.T @ a / len(a)).max()  # L = |Ax - y|²/n
    for axes in sweep.figures["learning_rate"].axes:
        (line,) = lines(axes, "limit")
        assert line[:, 0] == pytest.approx(limit, rel=1e-6)
    named = [text.get_text() for text in sweep.figures["learning_rate"].legends[0].texts]
    assert f"largest stable step, {limit:.3g}" in named


def test_jobs_that_diverged_are_marked_at_the_upper_edge(sweep):
    for axes in sweep.figures["learning_rate"].axes:
        crosses = np.concatenate(lines(axes, "diverged"))  # at shares of the axes' height
        assert crosses[:, 0].tolist() == [1e20, 1e20]
        assert (crosses[:, 1] > 0.9).all()
        assert [text.get_text() for text in axes.texts] == ["2", "2"]  # seeds


def test_the_heat_map_s_cells_are_means_over_seeds_the_lowest_framed(sweep):
    axes = sweep.figures["heat_map"].axes[0]
    mean = np.array(
        [
            [np.mean([sweep.runs[lr, init, seed]["metrics"]["val/loss"] for seed in SEEDS]) for lr in ("0.05", "0.2")]
            for init in STARTS
        ]
    )
    drawn = axes.images[0].get_array()
    assert drawn.filled(np.nan)[:, :2] == pytest.approx(mean)
    assert drawn.mask.tolist() == [[False, False, True]] * 2
    texts = {text.get_position(): text.get_text() for text in axes.texts}
    for row, column in product(range(2), range(3)):
        assert texts[column, row] == ("diverged" if column == 2 else f"{mean[row, column]:.4g}")
    (frame,) = axes.patches
    row, column = np.unravel_index(mean.argmin(), mean.shape)
    assert (frame.get_x() + frame.get_width() / 2, frame.get_y() + frame.get_height() / 2) == (column, row)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.05", "0.2", "1e+20"]


# --- of records made by hand


def run(overrides, loss=None, **entries):
    """What a job records."""
    metrics = {} if loss is None else {"val/loss": loss, "train/loss": loss / 2}
    status = "diverged" if loss is None else "finished"
    data = Provenance("weather.csv", "", ["Seattle"], 0, {}, {})
    facts = {"task": "binary", "target": "rain", "data": data, "metrics": metrics, "status": status}
    return RunRecord(overrides=overrides.split(), **facts | entries)


def test_what_is_lowest_is_so_on_the_mean_over_seeds_and_no_seed_is():
    losses = {"1": (1.0, 9.0), "2": (3.0, 4.0), "3": (0.5, None)}
    records = [run(f"a={a} seed={seed}", loss) for a, both in losses.items() for seed, loss in enumerate(both)]
    assert drawable(records).lowest() == "lowest validation loss, 3.5 ± 0.71 over 2 seeds, at a=2"
    assert drawable(records[:2]).lowest() == "validation loss: mean 5 ± 5.7 over 2 seeds"
    assert drawable(records[::2][:2]).lowest() == "lowest validation loss, 1, at a=1"
    assert drawable([run("a=1"), run("a=2", 2.0)]).lowest() == "lowest validation loss, 2, at a=2"


@pytest.mark.parametrize(
    "records",
    [
        [],
        [run("a=1", 1.0)],
        [run("a=1", 1.0), run("a=2", status="failed")],
        [run("a=1"), run("a=2")],
        [run("a=1", 1.0), run("a=1", 2.0)],
        [run("a=1 pictures=none", 1.0), run("a=2 pictures=none", 2.0)],
        [run("task=binary", 1.0), run("task=regression", 2.0, target="temperature")],
        [RunRecord("binary", ["seed=-1"], status="failed")] * 2,
    ],
    ids=[
        "nothing", "one job", "one ended", "all diverged", "nothing swept", "none wanted", "two targets", "no target",
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_not(records, tmp_path):
    assert drawable(records) is None
    assert write(tmp_path, dict(enumerate(records))) == []
    assert list(tmp_path.iterdir()) == []


def test_one_setting_has_a_row_a_value_with_the_spread_over_seeds():
    losses = {"[station,harmonics]": [0.5, 0.7], "two_days": [0.9, None], "gone": [None, None]}
    records = [
        run(f"features={name} seed={seed}", loss) for name, row in losses.items() for seed, loss in enumerate(row)
    ]
    ((name, draw),) = drawings(drawable(records)).items()
    figure = draw()
    axes = figure.axes[0]
    assert name == "by_value"
    assert [label.get_text() for label in axes.get_yticklabels()] == list(losses)
    assert [line.tolist() for line in lines(axes, "jobs")] == [[[0.5, 0], [0.7, 0]], [[0.9, 1]], []]
    (spread,) = lines(axes, "spread")
    assert spread[:, 0] == pytest.approx([0.6 - 0.02**0.5, 0.6 + 0.02**0.5])  # sd of two numbers 0.2 apart: 0.2/√2
    assert [line[0, 1] for line in lines(axes, "diverged")] == [1, 2]
    assert uncut(figure)


def test_of_more_settings_the_two_with_the_largest_effect_are_drawn_and_the_title_says_so():
    records = [run(f"a={a} b={b} c={c}", 100 * a + 10 * c + b) for a, b, c in product((1, 2), (1, 2), (1, 2, 3))]
    figure = drawings(drawable(records))["heat_map"]()
    axes = figure.axes[0]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("a", "c")
    assert axes.images[0].get_array().filled(np.nan) == pytest.approx(np.add.outer([100, 200], [10, 20, 30]) + 1.5)
    assert "of 3 swept settings the two with the largest effect; mean over b" in figure.get_suptitle().replace(
        "\n", " "
    )
    assert uncut(figure)


def test_a_search_of_two_numbers_shows_where_it_has_been():
    random = np.random.default_rng(0)
    x, y = 10 ** random.uniform(-3, 1, 20), 10 ** random.uniform(-6, -1, 20)
    loss = 1 + np.log10(x) ** 2
    records = [
        run(f"optimizer.lr={a} optimizer.weight_decay={b}", None if k == 3 else loss[k])
        for k, (a, b) in enumerate(zip(x, y, strict=True))
    ]
    found = drawings(drawable(records))
    assert list(found) == ["learning_rate", "search"]
    figure = found["search"]()
    axes = figure.axes[0]
    drawn = axes.collections[0]
    left = np.arange(20) != 3
    assert axes.get_xlabel() == "optimizer.lr"
    assert np.array(drawn.get_offsets()) == pytest.approx(np.column_stack([x, y])[left])
    assert np.array(drawn.get_array()) == pytest.approx(loss[left])
    ring, cross = axes.lines
    best = np.where(left, loss, np.inf).argmin()
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == pytest.approx((x[best], y[best]))
    assert cross.get_xdata() == pytest.approx(x[3:4])
    (points,) = lines(found["learning_rate"]().axes[0], "jobs")
    assert points == pytest.approx(np.column_stack([x, loss])[left])


def test_one_number_of_many_values_is_an_axis_and_of_many_names_the_best_are_rows():
    numbers = [run(f"init.sigma={k / 10}", 1 + (k - 20) ** 2) for k in range(40)]
    ((name, draw),) = drawings(drawable(numbers)).items()
    (points,) = lines(draw().axes[0], "jobs")
    assert name == "by_number"
    assert points == pytest.approx(np.array([[k / 10, 1 + (k - 20) ** 2] for k in range(40)]))
    names = [run(f"data.station=S{k}", 1.0 + k) for k in range(40)]
    ((name, draw),) = drawings(drawable(names)).items()
    figure = draw()
    assert name == "by_value"
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [f"S{k}" for k in range(24)]
    assert "the best 24 of 40 values" in figure.get_suptitle()
    assert uncut(figure)


def test_limits_of_several_optimisers_have_a_line_each_and_of_many_jobs_a_band():
    limits = {"gd": 0.5, "momentum": 0.7}
    records = [
        run(f"optimizer={name} optimizer.lr={lr}", 1.0, largest_stable_step=limit)
        for (name, limit), lr in product(limits.items(), (0.1, 1.0))
    ]
    axes = drawings(drawable(records))["learning_rate"]().axes[0]
    colours = [line.get_color() for line in axes.lines if line.get_gid() == "means"]
    drawn = [(line.get_xdata()[0], line.get_color()) for line in axes.lines if line.get_gid() == "limit"]
    assert drawn == list(zip(limits.values(), colours, strict=True))
    many = [run(f"optimizer.lr={lr}", 1.0, largest_stable_step=lr + 1) for lr in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)]
    figure = drawings(drawable(many))["learning_rate"]()
    assert lines(figure.axes[0], "limit") == []
    assert "1.1 to 1.6" in figure.legends[0].texts[1].get_text()


def test_settings_of_any_letters_are_drawn(tmp_path):
    odd = [r"$\frac{$", "雨\x1b[2J", "x" * 20_000, "_", "a\nb"]
    one = [replace(run("", 1.0), overrides=[f"features={value}"]) for value in odd]
    two = [replace(run("", 1.0), overrides=[f"a={value}", f"optimizer.lr={lr}"]) for value in odd for lr in (0.1, 1)]
    for name, records in {"one": one, "two": two}.items():
        (tmp_path / name).mkdir()
        for path in write(tmp_path / name, dict(enumerate(records))):
            with Image.open(path) as image:
                assert image.width < 2000
    assert {path.name for path in tmp_path.glob("*/pictures/*")} == {
        "by_value.png",
        "learning_rate.png",
        "heat_map.png",
    }


@pytest.mark.parametrize("n", [2, 5])
def test_the_effect_of_a_setting_that_decides_the_order_is_that_of_the_closed_form(n):
    # Ranks 1…n and n+1…2n: within 2 · n(n² - 1)/12, total 2n(4n² - 1)/12.
    expected = 1 - (2 * n - 1) / (2 * n - 2) * (n**2 - 1) / (4 * n**2 - 1)
    assert effect(np.arange(2 * n) ** 2.0, ["a"] * n + ["b"] * n) == pytest.approx(expected)
    assert effect(np.full(2 * n, np.nan), ["a"] * n + ["b"] * n) == 0
    assert effect(np.arange(2.0), ["a", "b"]) == 0  # one job a value says nothing


def test_two_settings_that_decide_only_together_have_their_effect_together():
    first, second, third = (list(column) for column in zip(*product("ab", "ab", "abc"), strict=True))
    objective = np.array([float(a == b) for a, b in zip(first, second, strict=True)])
    assert effect(objective, first, second) == pytest.approx(1)
    assert effect(objective, first) < 0
    records = [
        run(f"x={a} y={b} z={c}", 1 + loss) for a, b, c, loss in zip(first, second, third, objective, strict=True)
    ]
    axes = drawings(drawable(records))["heat_map"]().axes[0]
    assert {axes.get_xlabel(), axes.get_ylabel()} == {"x", "y"}
