"""What is taken over from a run's folder, which a stranger may have made: settings, and files of known content."""

import glob
from dataclasses import dataclass, replace
from pathlib import Path

from stratus.data.ghcn.cache import SOURCE
from stratus.data.observations import Loaded, Observations, Provenance
from stratus.data.sources import files_of
from stratus.data.store.manifest import MANIFEST
from stratus.errors import ConfigurationError, DataError, StratusError
from stratus.files import sha256
from stratus.runs import record
from stratus.runs.record import RunRecord
from stratus.settings import command_line
from stratus.settings.arguments import as_path
from stratus.settings.data import CsvData, GhcnData, source_from_record

LARGEST = 2**34  # bytes of a file that is read only because a record names it


def resumed(folder: Path, arguments: list[str]) -> list[str]:
    """The command line that goes on with a run: its settings, then what is given anew.

    Raises CheckpointError if the folder holds no record, ConfigurationError as `command_line.settings_of` does or for
    an address, or inputs of a file, that only the record names, DataError as `check` does for data that only it names.
    """
    run = record.read(folder)
    if run.status == "diverged":
        raise ConfigurationError(f"{folder} diverged, and its weights are lost: train anew, with a lower optimizer.lr")
    for override, value in command_line.settings_of(run.overrides, arguments).items():
        name = override.partition("=")[0]
        if name.startswith(command_line.OF_FILES):
            raise ConfigurationError(f"{folder} was trained with a file of its maker's: give {override} too")
        if name == "data.source" and value not in (None, SOURCE):
            raise ConfigurationError(f"{folder} was trained on days from {value}: give {override} too to fetch there")
        if name == "data.path" and value is not None:
            if not run.data or not run.data.source.get("path"):
                raise ConfigurationError(f"{folder} does not record what was in its data: give {override} too")
            check(run.data, "give data.path too")
    here = f"data.path={as_path(run.data.source['path'])}" if run.data and run.data.source.get("path") else ""
    kept = [here if here and one.startswith("data.path=") else one for one in run.overrides]
    return command_line.with_overrides(kept, arguments)


@dataclass(frozen=True)
class Asked:
    """The days that a run is asked about, and the run's own."""

    observations: Observations  # the days asked about
    name: str  # of where they are
    own: Observations | None  # the run's own days; None where they are not there as they were
    changed: bool  # whether the run's own data, known by their place and not by their content, have changed since

    @property
    def elsewhere(self) -> bool:
        """Whether the days asked about are of another table."""
        return self.observations is not self.own


def asked(folder: Path, run: RunRecord, other: Path | None, *, fetch: bool = False) -> Asked:
    """The run's own days, or those of another table: of the run's stations if it holds any of them, else of all in it.

    Beside another table nothing is fetched of the run's own unless asked for. Raises DataError if a table is missing
    or broken, and what `load` raises where there is no other table.
    """
    if other is None:
        if not run.data:
            raise DataError(f"{folder} did not get as far as its data: give a table with --observations")
        loaded = load(run.data, fetch=fetch)
        own = loaded.observations
        return Asked(own, f"{run.data.file}", own, _changed(loaded, run.data))
    source = source_from_record(run.data.source) if run.data else CsvData(path=f"{other}")
    found = _still_there(run.data, fetch=fetch)
    known = found.observations.stations if found else run.data.stations if run.data else []
    elsewhere = source.at(f"{other}", known[0] if len(known) == 1 else None)
    here = set(elsewhere.stations) & set(known)
    # Another file may hold one station under a name of its own.
    observations = elsewhere.of(sorted(here)) if here else elsewhere
    return Asked(observations, f"{other}", found.observations if found else None, _changed(found, run.data))


def _still_there(data: Provenance | None, *, fetch: bool) -> Loaded | None:
    try:
        return load(data, fetch=fetch, offline=not fetch) if data else None
    except (StratusError, OSError):
        return None


def _changed(found: Loaded | None, data: Provenance | None) -> bool:
    return bool(found and data and found.provenance.sha256 != data.sha256)


def load(data: Provenance, *, fetch: bool = False, offline: bool = False) -> Loaded:
    """A run's own observations; to `fetch` from an address of the record's own has to be asked for.

    Stations that are not in the cache are fetched unless `offline`.

    Raises DataError as `check` and the source do, CheckpointError if the record names no source.
    """
    source = source_from_record(data.source)
    if getattr(source, "path", None):
        check(data, "put it back, or give a table with --observations")
    elif isinstance(source, GhcnData) and offline:
        return replace(source, offline=True).load()
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
    few = not glob.has_magic(str(Path(said).parent.parent))  # folders to look through
    try:
        found = files_of(said) if few and source.kind in ("ghcn", "knmi") else [said]
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
