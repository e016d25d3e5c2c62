"""Logs that come from elsewhere: single ones, folders, and archives of CI artifacts."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_agentgate.capture.runlog import SUFFIX
from pytest_agentgate.errors import StoreError

_MOST = 16 << 30  # bytes that an archive may unpack to


@contextmanager
def folders(path: Path) -> Iterator[list[Path]]:
    """The folders with logs that a path stands for; what is unpacked for it goes with the end of the block.

    Raises StoreError if there is no such file, if it is neither log nor archive, or a damaged archive.
    """
    with tempfile.TemporaryDirectory(prefix="agentgate-import-") as scratch:
        try:
            yield list(_folders(path, Path(scratch)))
        except OSError as error:
            raise StoreError(f"{error.filename or path}: cannot be read: {error.strerror or error}") from error


def _folders(path: Path, scratch: Path) -> Iterator[Path]:
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if file.is_file()]
        yield from sorted({file.parent for file in files if file.suffix == SUFFIX})
        for number, archive in enumerate(file for file in files if file.suffix == ".zip"):
            yield from _unpacked(archive, scratch / str(number))
    elif path.suffix == SUFFIX:
        shutil.copyfile(path, scratch / path.name)
        yield scratch
    elif path.suffix == ".zip":
        yield from _unpacked(path, scratch / "0")
    elif path.exists():
        raise StoreError(f"{path}: neither a log ({SUFFIX}), nor a folder or .zip of logs, nor what store export wrote")
    else:
        raise StoreError(f"{path}: is not there")


def _unpacked(archive: Path, scratch: Path) -> Iterator[Path]:
    """The logs of an archive in a folder for each of its own: names that lead elsewhere lead nowhere."""
    try:
        with zipfile.ZipFile(archive) as opened:
            logs = [entry for entry in opened.infolist() if entry.filename.endswith(SUFFIX) and not entry.is_dir()]
            if sum(entry.file_size for entry in logs) > _MOST:
                raise StoreError(f"{archive}: unpacks to more than {_MOST >> 30} GiB")
            places: dict[str, Path] = {}
            for entry in logs:
                parent, _, name = entry.filename.rpartition("/")
                folder = places.setdefault(parent, scratch / str(len(places)))
                folder.mkdir(parents=True, exist_ok=True)
                with opened.open(entry) as packed, (folder / name.replace("\\", "_")).open("wb") as plain:
                    shutil.copyfileobj(packed, plain)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise StoreError(f"{archive}: cannot be unpacked: {' '.join(str(error).split())}") from error
    yield from places.values()
