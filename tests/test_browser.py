"""A real sweep in TensorBoard, looked at with a headless browser: what stands on each dashboard's page.

TensorBoard draws within shadow roots, which `chromium --dump-dom` leaves out. The browser is therefore asked through
its DevTools protocol, over a pipe: JSON messages, each ended by a zero byte.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from itertools import count
from select import select

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium, chromium-browser or google-chrome on PATH")
FLAGS = [
    f"--{flag}"
    for flag in (
        "headless", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "disable-quic", "no-first-run",
        "disable-background-networking", "disable-component-update", "disable-sync", "window-size=1400,1000",
        "remote-debugging-pipe",
    )
]  # fmt: skip
PICTURES = ["boundary", "confusion", "reliability", "weights", "worst_days"]
PAGE = """(() => {
  const texts = [], images = [];
  const walk = node => {
    if (node.nodeType === Node.TEXT_NODE && node.textContent.trim()) texts.push(node.textContent.trim());
    if (node.nodeName === 'IMG' && node.complete) images.push([node.naturalWidth, node.naturalHeight]);
    if (node.shadowRoot) walk(node.shadowRoot);
    node.childNodes.forEach(walk);
  };
  walk(document.body);
  return {texts, images};
})()"""


@contextmanager
def ended(process):
    """Ends a process, whatever happens."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def within(seconds, ask, what):
    """What `ask` gives as soon as it is not nothing."""
    end = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.2)
    return found


@pytest.fixture
def sweep(trained, tmp_path):
    """The folder of a sweep of two short jobs, with pictures."""
    folder = tmp_path / "sweep"
    for k, lr in enumerate((0.01, 0.1)):
        trained(
            folder / str(k),
            "task=binary",
            f"optimizer.lr={lr}",
            "trainer.max_epochs=2",
            "pictures=all",
            swept=["optimizer.lr"],
        )
    return folder


@pytest.fixture
def board(sweep):
    """Asks a TensorBoard of the sweep, on this machine alone: a path gives what its API answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    host, _, port = address.partition(":")
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(sweep), "--host", host, "--port", port]
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(path, body=None):
        request = urllib.request.Request(f"http://{address}{path}", json.dumps(body).encode() if body else None)
        if body:
            request.add_header("Content-Type", "application/json")
        with direct.open(request, timeout=10) as answer:
            return json.load(answer)

    def loaded():
        try:
            runs = ask("/data/runs")
            return {"0", "1"} <= set(runs) and sum("references" in run for run in runs) >= 3
        except OSError:
            return False

    ask.address = address
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with ended(started):
        within(60, loaded, "both runs in TensorBoard")
        yield ask


class Browser:
    """A page of a headless browser, asked through two pipes."""

    def __init__(self, to, back):
        self.to, self.back, self.numbers, self.read, self.session = to, back, count(1), b"", {}
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = {"sessionId": attached["sessionId"]}

    def call(self, method, **params):
        """Sends one command; returns its result."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": params, **self.session}
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.read:
                ready, *_ = select([self.back], [], [], 30)
                more = os.read(self.back, 1 << 16) if ready else b""
                assert more, f"{method}: the browser does not answer"
                self.read += more
            one, _, self.read = self.read.partition(b"\0")
            answer = json.loads(one)
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]

    def shows(self, url, complete):
        """Opens a page and returns its texts and the sizes of its images, once `complete` holds of them."""
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)

        def look():
            answer = self.call("Runtime.evaluate", expression=f"document.body && {PAGE}", returnByValue=True)
            page = answer["result"].get("value")
            return page if page and complete(page["texts"], page["images"]) else None

        return within(20, look, url)


@pytest.fixture
def browser(tmp_path):
    """A browser with a fresh profile."""
    read_by_it, to = os.pipe()
    back, written_by_it = os.pipe()
    command = [BROWSER, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "about:blank"]
    # It reads from descriptor 3 and writes to 4: a shell puts them there.
    shell = ["bash", "-c", f'exec "$@" 3<&{read_by_it} 4>&{written_by_it}', "bash", *command]
    passed = (read_by_it, written_by_it)
    silent = subprocess.DEVNULL
    with ended(subprocess.Popen(shell, pass_fds=passed, stdin=silent, stdout=silent, stderr=silent)):
        for descriptor in passed:
            os.close(descriptor)
        page = Browser(to, back)
        yield page
        page.session = {}
        with suppress(AssertionError, OSError):
            page.call("Browser.close")  # with all its own processes
        os.close(to)
        os.close(back)


def scalars_show_the_losses_of_both_jobs_and_their_references(browser, board):
    answer = board("/data/plugin/scalars/tags")
    references = [one for one in answer if one.startswith("references/")]
    assert set(references) == {
        f"references/binary Seattle, {name}" for name in ("climatology", "persistence", "optimum of two_days")
    }
    losses = {"train/loss", "val/loss", "test/loss"}
    browser.shows(
        f"http://{board.address}/#scalars&tagFilter=%2Floss",  # unfiltered, all groups but the first are folded
        lambda texts, _: losses | {"0", "1", *references} <= set(texts),
    )
    assert all(
        losses | {"train/accuracy", "val/accuracy", "test/accuracy", "test/skill"} == answer[job].keys() for job in "01"
    )
    assert all({"train/loss", "test/accuracy"} <= answer[one].keys() for one in references)


def images_shows_every_picture_of_both_jobs_drawn(browser, board):
    def complete(texts, images):
        return {f"view/{name}" for name in PICTURES} <= set(texts) and len(drawn(images)) >= 2 * len(PICTURES)

    page = browser.shows(f"http://{board.address}/#images", complete)
    assert len(drawn(page["images"])) == 2 * len(PICTURES)
    answer = board("/data/plugin/images/tags")
    assert all(answer[job].keys() == {f"view/{name}" for name in PICTURES} for job in "01")


def drawn(images):
    return [size for size in images if min(size) > 200]


def text_shows_the_configuration_of_both_jobs(browser, board):
    page = browser.shows(
        f"http://{board.address}/#text",
        lambda texts, _: "lr: 0.01" in " ".join(texts) and "lr: 0.1\n" in "\n".join(texts),
    )
    assert page["texts"].count("configuration/text_summary") >= 2
    assert board("/data/plugin/text/tags") == {job: ["configuration/text_summary"] for job in "01"}


def hparams_shows_both_jobs_with_their_final_figures(browser, board, sweep):
    figures = [json.loads((sweep / job / "run.json").read_text())["metrics"]["test/loss"] for job in "01"]

    def complete(texts, _):
        return {"test/loss", "test/skill", "val/loss", "optimizer.lr", "0", "1"} <= set(texts) and all(
            any(close(text, figure) for text in texts) for figure in figures
        )

    browser.shows(f"http://{board.address}/#hparams", complete)
    groups = board(
        "/data/plugin/hparams/session_groups",
        {
            "experimentName": "",
            "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"],
            "colParams": [],
            "startIndex": 0,
            "sliceSize": 10,
        },
    )["sessionGroups"]
    found = {
        group["hparams"]["optimizer.lr"]: {one["name"]["tag"]: one["value"] for one in group["metricValues"]}
        for group in groups
    }
    assert {lr: row["test/loss"] for lr, row in found.items()} == {
        lr: pytest.approx(figure, rel=1e-6) for lr, figure in zip((0.01, 0.1), figures, strict=True)
    }


def close(text, figure):
    """Whether a text is a figure, as the table rounds it to five digits."""
    try:
        return float(text) == pytest.approx(figure, rel=1e-4) and len(text) > 5
    except ValueError:
        return False


@pytest.mark.slow
def test_tensorboard_shows_a_sweep_s_scalars_images_text_and_hparams(browser, board, sweep):
    # One test, so that one process starts one TensorBoard and one browser.
    scalars_show_the_losses_of_both_jobs_and_their_references(browser, board)
    images_shows_every_picture_of_both_jobs_drawn(browser, board)
    text_shows_the_configuration_of_both_jobs(browser, board)
    hparams_shows_both_jobs_with_their_final_figures(browser, board, sweep)
