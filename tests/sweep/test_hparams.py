"""The HPARAMS tab of a real sweep, asked of TensorBoard's own backend."""

import pytest
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2, list_session_groups
from tensorboard.plugins.hparams.backend_context import Context
from tensorboard.plugins.hparams.get_experiment import Handler


@pytest.fixture(scope="module")
def table(sweep):
    """Columns of the table, and by the job's number its settings and final figures."""
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(sweep.folder)).Reload()
    backend = Context(TBContext(data_provider=MultiplexerDataProvider(multiplexer, str(sweep.folder))))
    experiment = Handler(RequestContext(), backend, "", api_pb2.GetExperimentRequest()).run()
    columns = [one.name for one in experiment.hparam_infos], [one.name.tag for one in experiment.metric_infos]
    statuses = [api_pb2.STATUS_UNKNOWN, api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE, api_pb2.STATUS_RUNNING]
    request = api_pb2.ListSessionGroupsRequest(allowed_statuses=statuses, start_index=0, slice_size=100)
    found = list_session_groups.Handler(RequestContext(), backend, "", request).run()
    rows = {
        int(group.name): (
            {name: getattr(value, value.WhichOneof("kind")) for name, value in group.hparams.items()},
            {one.name.tag: one.value for one in group.metric_values},
        )
        for group in found.session_groups
    }
    return columns, rows


def test_every_job_has_its_settings_one_that_diverged_too(sweep, table):
    _, rows = table
    assert sorted(rows) == list(range(12))
    for number, (lr, init, seed) in enumerate(sweep.runs):
        same = {"told": "features=two_days, optimizer=gd, max_epochs=2, regression"}
        assert rows[number][0] == same | {"optimizer.lr": float(lr), "init": init, "seed": seed}


def test_every_job_that_finished_has_its_final_figures(sweep, table):
    _, rows = table
    for number, run in enumerate(sweep.runs.values()):
        for tag in ("test/loss", "test/accuracy", "test/skill"):
            found = rows[number][1].get(tag)
            assert found == (pytest.approx(run["metrics"][tag], rel=1e-6) if run["status"] == "finished" else None)


def test_what_varies_comes_first_and_the_figures_are_the_curves_own(table):
    (settings, figures), _ = table
    assert settings[:3] == ["init", "optimizer.lr", "seed"]  # TensorBoard's page has room for three beside the figures
    assert figures[:3] == ["test/accuracy", "test/loss", "test/skill"]
    assert set(figures[3:]) == {f"{split}/{score}" for split in ("train", "val") for score in ("loss", "accuracy")}
