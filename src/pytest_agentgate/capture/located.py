"""Paths and node ids as the project has them, from what a runner on any machine wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from pytest_agentgate.capture.bounded import clean
from pytest_agentgate.capture.roles import looks_like_test
from pytest_agentgate.model import Evidence, Frame, Raised, Role

_DEEPEST = 20  # parts of a path, from its end, that are looked for
_ABSOLUTE = re.compile(r"/(?!/)\S|[A-Za-z]:[\\/]")
_DOCUMENTS = frozenset({"rst", "txt", "md", "yaml", "yml", "toml", "json", "ipynb", "feature", "robot"})


@dataclass(frozen=True)
class Project:
    """The folder that paths are told from."""

    folder: Path

    @cached_property
    def _known(self) -> dict[str, str]:
        return {}

    @cached_property
    def _spellings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(f"{path.as_posix().rstrip('/')}/" for path in (self.folder, self.folder.resolve())))

    def relative(self, path: str) -> str:
        """An absolute path as the project has it, of any machine's; of a file that it does not have, the name."""
        if not _ABSOLUTE.match(path) or "\n" in path:
            return path
        if path not in self._known:
            self._known[path] = self._located(path.replace("\\", "/"))
        return self._known[path]

    def _located(self, path: str) -> str:
        for spelling in self._spellings:
            if path.startswith(spelling):
                return path[len(spelling) :]
        parts = path.split("/")[-_DEEPEST:]
        try:
            held = (rest for at in range(1, len(parts)) if self.folder.joinpath(*(rest := parts[at:])).is_file())
            return "/".join(next(held, parts[-1:]))
        except (OSError, ValueError):
            return parts[-1]

    def seen_from(self, evidence: Evidence) -> Evidence:
        return replace(evidence, chain=tuple(map(self._of_raised, evidence.chain)))

    def _of_raised(self, raised: Raised) -> Raised:
        facts = dict(raised.facts)
        if isinstance(path := facts.get("path"), str):
            facts["path"] = self.relative(path)
        return replace(raised, facts=facts, frames=tuple(map(self._of_frame, raised.frames)))

    def _of_frame(self, frame: Frame) -> Frame:
        path = self.relative(frame.path)
        if path == frame.path:
            return frame
        if "/" not in path:  # whose it is tells the folder, if the project does not
            return replace(frame, path=path)
        return replace(frame, path=path, role=Role.TEST if looks_like_test(PurePosixPath(path)) else Role.SOURCE)


# ---- node ids


def nodeid_of(classname: str, name: str, file: str | None, root: Project) -> str:
    """The node id that pytest made a testcase of, or ``classname::name``."""
    classname, name = clean(classname, 2_000), clean(name, 2_000)
    path = root.relative(file.removeprefix("./")) if file else ""
    is_ours = path.endswith(".py") and not PurePosixPath(path).is_absolute() and not path.startswith("../")
    dotted = path.removesuffix(".py").replace("/", ".")
    if not classname:  # a collector
        return path if is_ours and name == dotted else _module_path(name, root) or name
    if classname.rpartition(".")[2] in _DOCUMENTS:
        return f"{_document_path(classname, name)}::{name}"
    name = root.relative(name)
    if is_ours and (classname == dotted or classname.startswith(f"{dotted}.")):
        return "::".join([path, *filter(None, classname[len(dotted) + 1 :].split(".")), name])
    parts = classname.split(".")
    module = _module_parts(parts, root)
    if not module:
        return f"{classname}::{name}"
    return "::".join(["/".join(parts[:module]) + ".py", *parts[module:], name])


def _module_path(dotted: str, root: Project) -> str:
    """The path of a collector that is called by its dotted name: a module, or a folder."""
    if "/" in dotted or " " in dotted:
        return ""
    parts = dotted.split(".")
    if parts[-1] in _DOCUMENTS:
        return _document_path(dotted, dotted)
    if _module_parts(parts, root) == len(parts):
        return "/".join(parts) + ".py"
    folder = "/".join(parts)
    return folder if (root.folder / folder).is_dir() else ""


def _module_parts(parts: Sequence[str], root: Project) -> int:
    """How many parts of a dotted name are its module: as the files of the root say, else as tests are usually named."""
    if not all(part.isidentifier() or part.replace("-", "_").isidentifier() for part in parts):
        return 0
    for end in range(len(parts), 0, -1):
        if root.folder.joinpath(*parts[: end - 1], f"{parts[end - 1]}.py").is_file():
            return end
    for end in range(len(parts), 0, -1):
        if looks_like_test(PurePosixPath(f"{parts[end - 1]}.py")):
            return end
    return 0


def _document_path(classname: str, name: str) -> str:
    """A document's path: its own dots stay, those before its name were slashes."""
    stem = name.rpartition("/")[2]
    folder = classname.removesuffix(stem).rstrip(".") if classname.endswith(stem) else classname.rpartition(".")[0]
    return f"{folder.replace('.', '/')}/{stem}" if folder else stem
