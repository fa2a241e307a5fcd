"""Batches: every sample once an epoch, in an order that seed and epoch decide, shared out among processes."""

from dataclasses import replace
from itertools import chain
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stratus.data.batches import Batches, BlockOrder, EpochOrder, Stream, targets
from stratus.data.datamodule import WeatherDataModule
from stratus.data.on_disk import Writer, open_samples
from stratus.data.recipe import Recipe
from stratus.data.samples import Samples
from stratus.data.splits import Splits
from stratus.errors import ConfigurationError

CPU = torch.device("cpu")
lengths, seeds, epochs = st.integers(1, 200), st.integers(0, 2**32 - 1), st.integers(0, 2**20 - 1)


def order(length, seed, epoch=0, rank=0, ranks=1):
    found = EpochOrder(length, seed, rank, ranks)
    found.set_epoch(epoch)
    assert len(found.order()) == len(found)
    return found.order().tolist()


def numbered(length, kind="continuous"):
    """Samples whose x and y are their own numbers."""
    number = np.arange(length, dtype=float)
    y = number.astype(int) if kind == "category" else number[:, None]
    days = np.datetime64("2020-01-01") + np.arange(length)
    return Samples(["Oslo"], np.zeros(length, int), days, np.column_stack([number, -number]), y, y)


def made(train=100, validation=30, batch_size=32, seed=0):
    names = {"inputs": ["a", "b"], "units": ["1", "1"], "outputs": ["temperature"]}
    parts = {"train": numbered(train), "validation": numbered(validation) if validation else None, "test": numbered(7)}
    recipe = Recipe("temperature", {"day_of_year": {"degree": 2}}, 3)
    return WeatherDataModule(Splits(recipe, **names, **parts), batch_size, seed)


def served(batches):
    return [int(number) for x, _ in batches for number in x[:, 0]]


# --- the order


@given(lengths, seeds, epochs)
def test_each_sample_comes_once_an_epoch(length, seed, epoch):
    assert sorted(order(length, seed, epoch)) == list(range(length))


@given(seeds, epochs)
def test_seed_and_epoch_decide_the_order_and_nothing_else_does(seed, epoch):
    first = order(100, seed, epoch)
    torch.manual_seed(epoch)
    torch.rand(3)
    assert order(100, seed, epoch) == first
    assert order(100, seed, epoch + 1) != first
    assert order(100, seed + 1, epoch) != first


def test_no_seed_s_epoch_is_another_seed_s():
    firsts = {(seed, epoch): tuple(order(50, seed, epoch)) for seed in range(30) for epoch in range(30)}
    assert len(set(firsts.values())) == 900


def test_without_a_seed_the_samples_keep_their_order():
    assert order(5, None, epoch=3) == [0, 1, 2, 3, 4]


@given(st.integers(8, 200), seeds, epochs, st.integers(2, 8))
def test_processes_share_an_epoch_in_equal_parts_that_do_not_overlap(length, seed, epoch, ranks):
    shares = [order(length, seed, epoch, rank, ranks) for rank in range(ranks)]
    together = list(chain(*shares))
    assert {len(share) for share in shares} == {length // ranks}
    assert len(set(together)) == len(together)
    assert set(together) <= set(range(length))


@given(st.integers(1, 200), st.integers(1, 8))
def test_all_days_at_once_are_shared_out_among_processes_and_their_mean_is_that_of_all(length, ranks):
    ranks = min(ranks, length)
    each = [Batches(numbered(length), None, EpochOrder(length, None, rank, ranks), CPU) for rank in range(ranks)]
    shares = [served(one) for one in each]
    assert sorted(chain(*shares)) == list(range(length))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    mean = np.mean([one.weight * np.mean(np.square(share)) for one, share in zip(each, shares, strict=True)])
    assert mean == pytest.approx((length - 1) * (2 * length - 1) / 6)


def test_the_shares_of_processes_are_those_of_one_permutation():
    shares = [order(9, 4, 2, rank, 3) for rank in range(3)]
    assert list(chain(*zip(*shares, strict=True))) == order(9, 4, 2)


# --- batches


@given(st.integers(1, 100), st.none() | st.integers(1, 120), seeds)
def test_batches_serve_every_sample_with_its_own_target_in_the_sampler_s_order(length, size, seed):
    sampler = EpochOrder(length, seed)
    batches = Batches(numbered(length), size, sampler, CPU)
    found = list(batches)
    assert len(found) == len(batches)
    assert served(found) == sampler.order().tolist()
    assert all(torch.equal(x[:, :1], y) and torch.equal(x[:, 1:], -y) for x, y in found)
    assert {len(x) for x, _ in found[:-1]} <= {size}
    assert len(found[-1][0]) <= (size or length)


def test_inputs_and_values_are_float32_and_classes_are_indices():
    for kind, dtype, shape in (("continuous", torch.float32, (10, 1)), ("category", torch.int64, (10,))):
        samples = numbered(10, kind)
        ((x, y),) = Batches(samples, None, EpochOrder(10, None), CPU)
        assert (x.dtype, y.dtype, y.shape) == (torch.float32, dtype, shape)
        assert targets(samples).dtype == dtype
        exact = torch.float64 if kind == "continuous" else dtype
        assert targets(samples, torch.float64).dtype == exact


def test_batches_lie_on_the_device_asked_for():
    batches = Batches(numbered(10), 4, EpochOrder(10, None), torch.device("meta"))
    assert {of.device.type for of in batches.columns} == {"meta"}


def test_an_epoch_set_after_the_loop_has_asked_for_an_iterator_still_counts():
    sampler = EpochOrder(50, 0)
    waiting = iter(Batches(numbered(50), 10, sampler, CPU))
    sampler.set_epoch(7)
    assert served(waiting) == order(50, 0, 7)


# --- samples on disk


def written(folder, length, kind="continuous"):
    """The numbered samples, written in three parts and opened."""
    writer = Writer(folder)
    for part in np.array_split(np.arange(length), 3):
        writer.append(numbered(length, kind).where(part))
    return open_samples(folder, writer.close())


def rows(order):
    return [row for part in order.slices(order.generator()) for row in range(part.start, part.stop)]


@given(st.integers(1, 300), st.none() | seeds, epochs, st.integers(1, 5), st.integers(1, 40))
def test_blocks_are_shared_without_a_row_twice(length, seed, epoch, ranks, block):
    orders = [BlockOrder(length, seed, rank, ranks, block) for rank in range(ranks)]
    for one in orders:
        one.set_epoch(epoch)
    shares = [rows(one) for one in orders]
    together = list(chain(*shares))
    assert [len(share) for share in shares] == [len(one) for one in orders]
    assert len(set(together)) == len(together)
    assert set(together) <= set(range(length))
    if seed is None:
        assert together == list(range(length))
    else:
        assert {len(share) for share in shares} == {length // ranks}


@pytest.mark.parametrize("kind", ["continuous", "category"])
@pytest.mark.parametrize(("seed", "pool"), [(None, 30), (0, 30), (0, 10_000), (3, 64)])
def test_a_stream_serves_every_sample_once_with_its_own_target(tmp_path, kind, seed, pool):
    samples = written(tmp_path / "x", 1000, kind)
    assert samples.on_disk
    stream = Stream(samples, 32, BlockOrder(1000, seed, block=16), CPU, pool=pool)
    found = list(stream)
    assert len(found) == len(stream)
    assert {len(x) for x, _ in found[:-1]} == {32}
    assert all(torch.equal(x[:, 0].long(), y.long().ravel()) for x, y in found)
    assert (served(found) == list(range(1000))) == (seed is None)
    assert sorted(served(found)) == list(range(1000))
    assert {y.dtype for _, y in found} == {torch.float32 if kind == "continuous" else torch.int64}


def test_a_stream_s_order_is_that_of_seed_and_epoch(tmp_path):
    samples = written(tmp_path / "x", 500)

    def epoch(seed, number):
        order = BlockOrder(500, seed, block=16)
        order.set_epoch(number)
        return served(Stream(samples, 32, order, CPU, pool=100))

    assert epoch(1, 2) == epoch(1, 2)
    assert epoch(1, 2) != epoch(1, 3)
    assert epoch(1, 2) != epoch(2, 2)


def test_a_stream_s_batches_lie_on_the_device_asked_for(tmp_path):
    samples = written(tmp_path / "x", 500)
    found = list(Stream(samples, 32, BlockOrder(500, 0, block=16), torch.device("meta"), pool=100))
    assert {of.device.type for batch in found for of in batch} == {"meta"}
    assert sum(len(y) for _, y in found) == 500


def test_all_days_at_once_are_refused_where_they_are_not_in_memory(tmp_path):
    data = made(batch_size=None)
    data.splits = replace(data.splits, train=written(tmp_path / "x", 100))
    with pytest.raises(ConfigurationError, match="batch_size=null"):
        data.train_dataloader()


# --- the data module


def test_training_days_come_shuffled_in_batches_and_the_others_whole_and_in_order():
    data = made(train=100, batch_size=32)
    assert [len(x) for x, _ in data.train_dataloader()] == [32, 32, 32, 4]
    assert served(data.train_dataloader()) != list(range(100))
    assert sorted(served(data.train_dataloader())) == list(range(100))
    for loader, length in ((data.val_dataloader(), 30), (data.test_dataloader(), 7)):
        ((x, y),) = loader
        assert x[:, 0].tolist() == y[:, 0].tolist() == list(range(length))


def test_the_seed_decides_the_order_of_the_training_days():
    assert served(made(seed=1).train_dataloader()) == served(made(seed=1).train_dataloader())
    assert served(made(seed=1).train_dataloader()) != served(made(seed=2).train_dataloader())


def test_without_a_batch_size_all_training_days_are_one_batch_in_order():
    (batch,) = made(train=100, batch_size=None).train_dataloader()
    assert served([batch]) == list(range(100))


def test_without_validation_days_there_is_nothing_to_serve():
    assert made(validation=0).val_dataloader() == []


@pytest.mark.parametrize(("batch_size", "first"), [(None, 34), (8, 33)])
def test_each_process_trains_on_its_own_share(batch_size, first):
    shares = []
    for rank in range(3):
        data = made(train=100, batch_size=batch_size)
        strategy = SimpleNamespace(root_device=CPU)
        data.trainer = SimpleNamespace(global_rank=rank, world_size=3, strategy=strategy)
        shares.append(served(data.train_dataloader()))
        assert served(data.test_dataloader()) == list(range(7))
    assert [len(share) for share in shares] == [first, 33, 33]
    assert len(set(chain(*shares))) == first + 66


def test_a_checkpoint_will_hold_the_recipe_in_plain_values():
    assert dict(made().hparams) == {
        "target": "temperature",
        "features": {"day_of_year": {"degree": 2}},
        "lead_days": 3,
        "issue_hour": 24.0,
        "rain_from": 0.0,
        "seasonal": False,
        "own": {},
        "missing": "drop",
        "normals": {},
    }


@pytest.mark.parametrize("on_disk", [False, True])
def test_batches_say_what_of_y_is_known_only_where_not_all_is(tmp_path, on_disk):
    one = written(tmp_path / "x", 300) if on_disk else numbered(300)
    y = np.tile(np.asarray(one.y)[:, [0]], 2)
    for gone in (0, 40):
        y[:gone, 1] = np.nan
        days = replace(one, x=np.asarray(one.x, np.float32), y=y)
        order = BlockOrder(300, 0, block=16)
        batches = Stream(days, 32, order, CPU, pool=10_000) if on_disk else Batches(days, 32, EpochOrder(300, 0), CPU)
        found = list(batches)
        assert {len(batch) for batch in found} == {3 if gone else 2}
        values = torch.cat([batch[1] for batch in found])
        if gone:
            assert torch.equal(torch.cat([known for *_, known in found]), ~values.isnan())
        assert values.isnan().sum() == gone
