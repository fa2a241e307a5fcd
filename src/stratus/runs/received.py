"""What is taken over from a run's folder, which a stranger may have made: settings, and files of known content."""

import glob
from dataclasses import replace
from pathlib import Path

from stratus.data.ghcn.cache import SOURCE
from stratus.data.observations import Loaded, Provenance
from stratus.data.sources import files_of
from stratus.data.store.manifest import MANIFEST
from stratus.errors import ConfigurationError, DataError
from stratus.files import sha256
from stratus.runs import record
from stratus.settings import command_line
from stratus.settings.data import GhcnData, source_from_record

LARGEST = 2**34  # bytes of a file that is read only because a record names it


def resumed(folder: Path, arguments: list[str]) -> list[str]:
    """The command line that goes on with a run: its settings, then what is given anew.

    Raises CheckpointError if the folder holds no record, ConfigurationError as `command_line.settings_of` does or for
    an address that only the record names, DataError as `check` does for files that only the record names.
    """
    run = record.read(folder)
    for override, value in command_line.settings_of(run.overrides, arguments).items():
        name = override.partition("=")[0]
        if name == "data.source" and value not in (None, SOURCE):
            raise ConfigurationError(f"{folder} was trained on days from {value}: give {override} too to fetch there")
        if name == "data.path" and value is not None:
            if not run.data or run.data.source.get("path") != value:
                raise ConfigurationError(f"{folder} does not record what was in its data: give {override} too")
            check(run.data, "give data.path too")
    return command_line.with_overrides(run.overrides, arguments)


def load(data: Provenance, *, fetch: bool = False) -> Loaded:
    """A run's own observations; to `fetch` from an address of the record's own has to be asked for.

    Raises DataError as `check` and the source do, CheckpointError if the record names no source.
    """
    source = source_from_record(data.source)
    if getattr(source, "path", None):
        check(data, "put it back, or give a table with --observations")
    elif isinstance(source, GhcnData) and source.source not in (None, SOURCE) and not fetch:
        try:
            return replace(source, offline=True).load()
        except DataError as error:
            raise DataError(f"{error}; --fetch asks {source.source}") from None
    return source.load()


def check(data: Provenance, mend: str) -> None:
    """Raises DataError unless the files of a run's data, and only they, are there as the record has their checksums."""
    source = source_from_record(data.source)
    said, names, sums = str(getattr(source, "path", "")), _listed(data.file), _listed(data.sha256)
    few = source.kind == "ghcn" and not glob.has_magic(str(Path(said).parent.parent))  # folders to look through
    try:
        found = files_of(said) if few else [said]
    except ValueError:  # a name with a zero byte
        found = []
    for name, known in zip(names, sums, strict=False):
        file = Path(name, MANIFEST) if source.kind == "store" else Path(name)
        try:
            same = file.is_file() and 0 < file.stat().st_size <= LARGEST and sha256(file) == known
        except (OSError, ValueError):
            same = False
        if not same:
            raise DataError(f"{name} is not the file that the run was trained on, by its checksum: {mend}")
    if found != names or len(names) != len(sums):
        raise DataError(f"{said} does not stand for the files that the run was trained on: {mend}")


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
