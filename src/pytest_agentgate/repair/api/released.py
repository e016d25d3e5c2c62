"""The old API where no commit has it: a release of a package, fetched with pip, or any folder.

Nothing is installed: a wheel is unpacked where there is one, a source archive else. Of a source archive pip asks the
metadata before it keeps it, which runs the archive's build backend in an environment of its own.
"""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from secrets import token_hex

from pytest_agentgate.errors import UsageError
from pytest_agentgate.repair.api.trees import FolderTree

_PINNED = re.compile(r"([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*==\s*([A-Za-z0-9][\w.!+-]*)")
_LIMIT = 300.0  # seconds that pip may take
_TEXTS = (".py", ".toml", ".cfg", ".txt")  # what is read of a release
_LARGEST = 20_000_000  # bytes of a file


def package_tree(pinned: str, cache: Path, python: Path | None = None) -> tuple[FolderTree, tuple[str, ...]]:
    """The files of a release, and the folders in it from which its modules are imported.

    Args:
        pinned: ``NAME==VERSION``.
        cache: a folder where releases are kept, unpacked.
        python: the interpreter whose pip fetches; it needs one, of any version.

    Raises:
        UsageError: it is not written so, or pip can't fetch it.
    """
    found = _PINNED.fullmatch(pinned.strip())
    if found is None:
        raise UsageError(f"--base-package {pinned}: must be one release of a package such as shop==1.4")
    name, version = re.sub(r"[-_.]+", "-", found[1]).lower(), found[2]
    home = cache / f"{name}-{version}"
    if not home.is_dir():
        _fetch(f"{name}=={version}", home, python or Path(sys.executable))
    return FolderTree(home, whole=True), import_roots(home)


def folder_tree(folder: Path) -> tuple[FolderTree, tuple[str, ...]]:
    """The files of a folder as they are, and the folders in it from which its modules are imported.

    Raises:
        UsageError: there is no such folder, or nothing of Python in it.
    """
    if not folder.is_dir():
        raise UsageError(f"--base-path {folder}: no such folder; give the one that holds the old package")
    if (folder / "__init__.py").is_file():  # the package itself
        folder = folder.resolve().parent
    tree = FolderTree(folder, whole=True)
    if not tree.paths():
        raise UsageError(f"--base-path {folder}: no Python file is in it; give the folder that holds the old package")
    return tree, import_roots(folder)


def import_roots(folder: Path) -> tuple[str, ...]:
    """``src`` and the like where packages lie in it, and the folder itself."""
    inner = (name for name in ("src", "lib") if _holds_packages(folder / name))
    return (*inner, "")


def _holds_packages(folder: Path) -> bool:
    if not folder.is_dir() or (folder / "__init__.py").exists():
        return False
    return any(each.suffix == ".py" or (each / "__init__.py").is_file() for each in folder.iterdir())


def _fetch(pinned: str, home: Path, python: Path) -> None:
    passing = home.parent / f".{token_hex(8)}"
    try:
        passing.mkdir(parents=True)
        archive = _download(pinned, passing, python)
        unpacked = passing / "unpacked"
        for path, content in _members(archive):
            target = unpacked / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        if not unpacked.is_dir():
            raise UsageError(f"--base-package {pinned}: {archive.name} holds no Python file")
        if not home.is_dir():  # another process may have been quicker
            unpacked.rename(home)
    except OSError as error:
        if not home.is_dir():
            raise UsageError(f"--base-package {pinned}: it can't be unpacked in {home.parent}: {error}") from error
    finally:
        shutil.rmtree(passing, ignore_errors=True)


def _download(pinned: str, folder: Path, python: Path) -> Path:
    """The archive of a release: its wheel if it has one that pip may take here, its source archive else."""
    command = [str(python), "-m", "pip", "download", "--no-deps", "--disable-pip-version-check", "--quiet"]
    said = ""
    for form in ("--only-binary", "--no-binary"):
        try:
            done = subprocess.run(
                [*command, form, ":all:", "--dest", str(folder), pinned],
                capture_output=True, text=True, errors="replace", timeout=_LIMIT, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UsageError(f"--base-package {pinned}: pip can't be run by {python}: {error}") from error
        archives = sorted(each for each in folder.iterdir() if each.is_file())
        if archives:
            return archives[0]
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
        said = (errors or done.stderr.strip().splitlines() or ["it says nothing"])[-1]
    raise UsageError(f"--base-package {pinned}: pip can't fetch it: {said.removeprefix('ERROR: ')}")


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """The texts of an archive by their paths, without the folder that a source archive puts around them."""
    try:
        if archive.suffix in {".whl", ".zip"}:
            yield from _of_zip(archive)
        else:
            yield from _of_tar(archive)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise UsageError(f"--base-package: {archive.name} is no archive that can be read: {error}") from error


def _of_zip(archive: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as opened:
        for each in opened.infolist():
            path = _inside(each.filename, cut=archive.suffix == ".zip")
            if path and not each.is_dir() and not stat.S_ISLNK(each.external_attr >> 16) and each.file_size <= _LARGEST:
                yield path, opened.read(each)


def _of_tar(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as opened:
        for each in opened:
            path = _inside(each.name, cut=True)
            content = opened.extractfile(each) if path and each.isreg() and each.size <= _LARGEST else None
            if content is not None:
                yield path, content.read()


def _inside(name: str, cut: bool) -> str:
    """The path under which a member is unpacked; "" for what is of no interest or would lie elsewhere."""
    path = PurePosixPath(name.replace("\\", "/"))
    parts = path.parts[1:] if cut else path.parts
    if parts and parts[0].endswith(".data"):  # of a wheel: what is put beside the other packages
        parts = parts[2:] if parts[1:2] in {("purelib",), ("platlib",)} else ()
    if not parts or path.is_absolute() or ".." in parts or path.suffix not in _TEXTS:
        return ""
    return "/".join(parts)
