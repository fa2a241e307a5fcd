"""What pyproject.toml cannot say: the wheel takes along what the repository keeps at its top."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

TOP = Path(__file__).parent
SHIPPED = (
    "train.py",
    "conf/**/*.yaml",
    "conf/**/*.md",
    "data/*.csv",
    "data/*.parquet",
    "data/README.md",
)


class WithShipped(build_py):
    """Adds `stratus/shipped/`, where `settings.experiment.PROJECT` finds it; an editable install has the top itself."""

    def run(self) -> None:
        """Builds the package, then copies."""
        super().run()
        if not self.editable_mode:
            shipped = Path(self.build_lib) / "stratus" / "shipped"
            for file in (file for pattern in SHIPPED for file in TOP.glob(pattern)):
                place = shipped / file.relative_to(TOP)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, place)


setup(cmdclass={"build_py": WithShipped})
