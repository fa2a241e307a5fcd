"""Makes docs/tensorboard.png, the README's picture: plain gradient descent in TensorBoard, in a headless browser.

python docs/tensorboard.py     # takes half a minute, and Chromium or Chrome
"""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
RUN = ["optimizer=sgd", "optimizer.lr=0.03", "schedule=constant", "trainer.max_epochs=30", "pictures=none"]
PAGE = "?darkMode=false#scalars&_smoothingWeight=0&tagFilter=(train%7Cval)%2F"


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def photograph(address: str) -> None:
    """Waits for the page, and writes the picture."""
    for _ in range(60):
        try:
            urllib.request.urlopen(f"{address}/data/runs", timeout=5).close()
            break
        except OSError:
            time.sleep(1)
    time.sleep(5)  # until it has read the run
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=30000"]
    size, picture = "--window-size=1180,768", f"--screenshot={HERE / 'tensorboard.png'}"
    subprocess.run([str(BROWSER), *flags, size, picture, f"{address}/{PAGE}"], check=True, capture_output=True)


def main() -> None:
    """Trains into a folder that is removed, and shows it."""
    if not BROWSER:
        sys.exit("no chromium, chromium-browser or google-chrome on PATH: install one")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, HERE.parent / "train.py", *RUN], cwd=folder, check=True)
        port = free_port()
        served = [sys.executable, "-m", "tensorboard.main", "--logdir", "outputs", "--port", str(port)]
        board = subprocess.Popen(served, cwd=folder, stderr=subprocess.DEVNULL)
        try:
            photograph(f"http://localhost:{port}")
        finally:
            board.terminate()
            board.wait()


if __name__ == "__main__":
    main()
