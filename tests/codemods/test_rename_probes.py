"""Renames that break the renames of well-known tools, each proven by running the program before and after.

A probe is a program, what it becomes, and the packages that it runs against: as they were, and as they are now. The
packages are written out, the program runs against the old ones, what it became against the new ones, and both must do
the same: the same calls of the same things, the same output, the same type hints, the same things bound.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from pytest_agentgate.codemods.apply import apply
from pytest_agentgate.codemods.codemod import Codemod, codemod_of
from pytest_agentgate.codemods.reading.sources import Place
from pytest_agentgate.codemods.registry import built_in
from pytest_agentgate.codemods.rewrites.rename_module import RenameModule
from pytest_agentgate.codemods.rewrites.rename_symbol import RenameSymbol

Layout: TypeAlias = Mapping[str, str]
"""Modules by dotted name, with what they define: ``Y W=X`` is a Y, and a W that is what was X before."""

RUN = """\
import json, pkgutil, sys, types, typing

events = []


class Thing:
    def __init__(self, label):
        self.label = label

    def __call__(self, *args, **keywords):
        events.append(["call", self.label, repr(args), repr(keywords)])

    def __repr__(self):
        return f"<{self.label}>"


class Object:
    def __init__(self, label):
        object.__setattr__(self, "label", label)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        events.append(["read", self.label, name])
        return Object(f"{self.label}.{name}")

    def __setattr__(self, name, value):
        events.append(["write", self.label, name, value])

    def __call__(self, *args, **keywords):
        events.append(["call", self.label, repr(args), repr(keywords)])


class Watched(types.ModuleType):
    def __setattr__(self, name, value):
        if isinstance(vars(self).get(name), Thing):
            events.append(["replaced", vars(self)[name].label])
        super().__setattr__(name, value)


def define(module, names):
    for each in names.split():
        name, _, label = each.partition("=")
        setattr(sys.modules[module], name, klass(label or name) if name == "C" else Thing(label or name))
    sys.modules[module].__class__ = Watched


def klass(label):
    def method(*args):
        events.append(["call", "C.method"])

    old, new = ("old", "new") if label == "C" else ("new", "old")
    return type("C", (), {old: method})


def described(value):
    return value.label if isinstance(value, Thing) else repr(value)


def main(name, drive, gone, checking):
    import builtins, importlib

    typing.TYPE_CHECKING = checking
    builtins.print = lambda *args: events.append(["print", *map(str, args)])
    for each in ("obj", "x", "g", "f"):
        setattr(builtins, each, Object(each))
    try:
        module = importlib.import_module(name)
        space = vars(module)
        exec(drive, space)
        hints = [
            sorted((key, described(value)) for key, value in typing.get_type_hints(each, space).items())
            for each in list(space.values())
            if isinstance(each, types.FunctionType) and each.__module__ == name
        ]
        bound = sorted({value.label for value in space.values() if isinstance(value, Thing)})
        failed = None
    except Exception as error:
        failed, hints, bound = f"{type(error).__name__}: {error}", [], []
    try:
        pkgutil.resolve_name(gone)
        there = True
    except (ImportError, AttributeError):
        there = False
    sys.stdout.write(json.dumps({"events": events, "hints": hints, "bound": bound, "failed": failed, "there": there}))

"""


@dataclass(frozen=True)
class Probe:
    name: str
    codemod: Codemod
    before: str
    after: str
    old: Layout
    new: Layout
    drive: str = ""  # what is run in the program's namespace after it
    home: str = "program"  # the module that the program is
    breaks: bool = True  # whether the program as it was fails against the new packages
    checking: bool = False  # whether it is run as a type checker sees it
    gone: str = ""  # what can't be imported any more; the codemod's old name

    @property
    def package(self) -> str:
        return self.home.rpartition(".")[0]


def symbol(old: str, new: str) -> Codemod:
    return RenameSymbol(old, new)


def module(old: str, new: str) -> Codemod:
    return RenameModule(old, new)


MOVE = symbol("a.b.X", "c.d.X")
RENAME = symbol("a.b.X", "a.b.W")
BOTH = symbol("a.b.X", "c.d.W")
OLD = {"a.b": "X Y Z"}
MOVED = {"a.b": "Y Z", "c.d": "X Q"}
RENAMED = {"a.b": "W=X Y Z"}
MOVED_RENAMED = {"a.b": "Y Z", "c.d": "W=X"}
MODULE = module("a.b", "a.c")
OLD_MODULE = {"a.b": "X Y", "a.b.sub": "X", "a.z": ""}
NEW_MODULE = {"a.c": "X Y", "a.c.sub": "X", "a.z": ""}

PROBES = [
    Probe(
        "move from-import, single",
        MOVE,
        "from a.b import X\nX()\n",
        "from c.d import X\nX()\n",
        OLD,
        MOVED,
    ),
    Probe(
        "move from-import, multi",
        MOVE,
        "from a.b import X, Y\nX(); Y()\n",
        "from a.b import Y\nfrom c.d import X\nX(); Y()\n",
        OLD,
        MOVED,
    ),
    Probe(
        "move from-import as",
        MOVE,
        "from a.b import X as Z\nZ()\n",
        "from c.d import X as Z\nZ()\n",
        OLD,
        MOVED,
    ),
    Probe(
        "move from-import as multi",
        MOVE,
        "from a.b import X as Z, Y\nZ(); Y()\n",
        "from a.b import Y\nfrom c.d import X as Z\nZ(); Y()\n",
        OLD,
        MOVED,
    ),
    Probe(
        "rename same module",
        RENAME,
        "from a.b import X, Y\nX(); Y()\n",
        "from a.b import W, Y\nW(); Y()\n",
        OLD,
        RENAMED,
    ),
    Probe(
        "rename same module as",
        RENAME,
        "from a.b import X as Z, Y\nZ(); Y()\n",
        "from a.b import W as Z, Y\nZ(); Y()\n",
        OLD,
        RENAMED,
    ),
    Probe(
        "rename same module single as",
        RENAME,
        "from a.b import X as Z\nZ()\n",
        "from a.b import W as Z\nZ()\n",
        OLD,
        RENAMED,
    ),
    Probe("rename+move", BOTH, "from a.b import X\nX()\n", "from c.d import W\nW()\n", OLD, MOVED_RENAMED),
    Probe(
        "import a.b; a.b.X()",
        MOVE,
        "import a.b\na.b.X()\na.b.Y()\n",
        "import a.b\nimport c.d\nc.d.X()\na.b.Y()\n",
        OLD,
        MOVED,
    ),
    Probe(
        "import a.b as m; m.X()",
        MOVE,
        "import a.b as m\nm.X()\nm.Y()\n",
        "import a.b as m\nfrom c import d\nd.X()\nm.Y()\n",
        OLD,
        MOVED,
    ),
    Probe(
        "from a import b; b.X()",
        MOVE,
        "from a import b\nb.X()\nb.Y()\n",
        "from a import b\nfrom c import d\nd.X()\nb.Y()\n",
        OLD,
        MOVED,
    ),
    Probe(
        "module rename: from-import",
        MODULE,
        "from a.b import X, Y\nX()\n",
        "from a.c import X, Y\nX()\n",
        OLD_MODULE,
        NEW_MODULE,
    ),
    Probe(
        "module rename: import",
        MODULE,
        "import a.b\na.b.X()\n",
        "import a.c\na.c.X()\n",
        OLD_MODULE,
        NEW_MODULE,
    ),
    Probe(
        "module rename: import as",
        MODULE,
        "import a.b as m\nm.X()\n",
        "import a.c as m\nm.X()\n",
        OLD_MODULE,
        NEW_MODULE,
    ),
    Probe(
        "module rename: from a import b",
        MODULE,
        "from a import b\nb.X()\n",
        "from a import c\nc.X()\n",
        OLD_MODULE,
        NEW_MODULE,
    ),
    Probe(
        "module rename: from a import b, z",
        MODULE,
        "from a import b, z\nb.X(); z\n",
        "from a import c, z\nc.X(); z\n",
        OLD_MODULE,
        NEW_MODULE,
    ),
    Probe(
        "module rename: from a import b as q",
        MODULE,
        "from a import b as q\nq.X()\n",
        "from a import c as q\nq.X()\n",
        OLD_MODULE,
        NEW_MODULE,
    ),
    Probe(
        "module rename: submodule",
        MODULE,
        "from a.b.sub import X\nX()\n",
        "from a.c.sub import X\nX()\n",
        OLD_MODULE,
        NEW_MODULE,
    ),
    Probe(
        "pkg rename",
        module("a", "z"),
        "import a\nimport a.b\nfrom a import q\nfrom a.b import X\na.b.f()\nobj.a\ng(a=1)\n",
        "import z\nimport z.b\nfrom z import q\nfrom z.b import X\nz.b.f()\nobj.a\ng(a=1)\n",
        {"a": "q", "a.b": "X f"},
        {"z": "q", "z.b": "X f"},
    ),
    Probe(
        "pkg rename unrelated attr/kw",
        module("foo", "bar"),
        "import foo\nfoo.run()\nobj.foo = 1\nf(foo=3)\nx.foo()\n",
        "import bar\nbar.run()\nobj.foo = 1\nf(foo=3)\nx.foo()\n",
        {"foo": "run"},
        {"bar": "run"},
    ),
    Probe(
        "relative import",
        symbol("pkg.old.X", "pkg.new.X"),
        "from .old import X\nX()\n",
        "from .new import X\nX()\n",
        {"pkg.old": "X Y"},
        {"pkg.old": "Y", "pkg.new": "X"},
        home="pkg.program",
    ),
    Probe(
        "relative import multi",
        symbol("pkg.old.X", "pkg.new.X"),
        "from .old import X, Y\nX();Y()\n",
        "from .old import Y\nfrom .new import X\nX();Y()\n",
        {"pkg.old": "X Y"},
        {"pkg.old": "Y", "pkg.new": "X"},
        home="pkg.program",
    ),
    Probe(
        "star import",
        MOVE,
        "from a.b import *\nX()\n",
        "from a.b import *\nfrom c.d import X\nX()\n",
        OLD,
        MOVED,
    ),
    Probe(
        "string patch",
        MOVE,
        "from unittest import mock\nwith mock.patch('a.b.X'): pass\n",
        "from unittest import mock\nwith mock.patch('c.d.X'): pass\n",
        OLD,
        MOVED,
    ),
    Probe(
        "string annotation",
        MOVE,
        "from a.b import X\ndef f(x: 'X') -> 'X': ...\n",
        "from c.d import X\ndef f(x: 'X') -> 'X': ...\n",
        OLD,
        MOVED,
    ),
    Probe(
        "TYPE_CHECKING",
        MOVE,
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a.b import X\ndef f(x: 'X'): ...\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from c.d import X\ndef f(x: 'X'): ...\n",
        OLD,
        MOVED,
        checking=True,
    ),
    Probe(
        "local import in func",
        MOVE,
        "def t():\n    from a.b import X\n    X()\n",
        "def t():\n    from c.d import X\n    X()\n",
        OLD,
        MOVED,
        drive="t()",
    ),
    Probe(
        "local import in func multi",
        MOVE,
        "def t():\n    from a.b import X, Y\n    X(); Y()\n",
        "def t():\n    from a.b import Y\n    from c.d import X\n    X(); Y()\n",
        OLD,
        MOVED,
        drive="t()",
    ),
    Probe(
        "try/except import",
        MOVE,
        "try:\n    from a.b import X\nexcept ImportError:\n    X=None\nX()\n",
        "try:\n    from c.d import X\nexcept ImportError:\n    X=None\nX()\n",
        OLD,
        MOVED,
    ),
    Probe(
        "shadowed name",
        RENAME,
        "from a.b import X\ndef f(X): return X\nX()\n",
        "from a.b import W\ndef f(X): return X\nW()\n",
        OLD,
        RENAMED,
        drive="print(f(3))",
    ),
    Probe(
        "rename collides w/ existing local",
        RENAME,
        "from a.b import X\nW = 3\nX(); print(W)\n",
        "from a.b import W as X\nW = 3\nX(); print(W)\n",
        OLD,
        RENAMED,
    ),
    Probe(
        "class def itself in file",
        symbol("m.X", "m.W"),
        "class X: pass\nX()\n",
        "class W: pass\nW()\n",
        {},
        {},
        home="m",
        drive="print(next(each for each in (globals().get('X'), globals().get('W')) if each).__mro__[1])",
        breaks=False,
    ),
    Probe(
        "__all__",
        MOVE,
        "from a.b import X\n__all__ = ['X']\n",
        "from c.d import X\n__all__ = ['X']\n",
        OLD,
        MOVED,
        drive="print(__all__); print([globals()[name] for name in __all__])",
    ),
    Probe(
        "two renamed aliases in same import",
        MOVE,
        "from a.b import X, X as Z\nX(); Z()\n",
        "from c.d import X, X as Z\nX(); Z()\n",
        OLD,
        MOVED,
    ),
    Probe(
        "unused import (reexport)",
        MOVE,
        "from a.b import X, Y\n",
        "from a.b import Y\nfrom c.d import X\n",
        OLD,
        MOVED,
    ),
    Probe("unused import single", MOVE, "from a.b import X\n", "from c.d import X\n", OLD, MOVED),
    Probe(
        "multi-line w/ comments",
        MOVE,
        "from a.b import (  # hello\n    X,  # the x\n    Y,  # the y\n)\nX(); Y()\n",
        "from a.b import (  # hello\n    Y,  # the y\n)\nfrom c.d import X  # the x\nX(); Y()\n",
        OLD,
        MOVED,
    ),
    Probe(
        "already has new import",
        MOVE,
        "from a.b import X, Y\nfrom c.d import Q\nX();Y();Q()\n",
        "from a.b import Y\nfrom c.d import Q, X\nX();Y();Q()\n",
        {"a.b": "X Y", "c.d": "Q"},
        {"a.b": "Y", "c.d": "X Q"},
    ),
    Probe(
        "parametrize decorator",
        BOTH,
        "import pytest\nfrom a.b import X, Y\n@pytest.mark.parametrize('c',[X, Y])\ndef test(c): c()\n",
        "import pytest\nfrom a.b import Y\nfrom c.d import W\n@pytest.mark.parametrize('c',[W, Y])\ndef test(c): c()\n",
        OLD,
        MOVED_RENAMED,
        drive="[test(each) for each in test.pytestmark[0].args[1]]",
    ),
    Probe(
        "importlib",
        MODULE,
        "import importlib\nm=importlib.import_module('a.b')\n",
        "import importlib\nm=importlib.import_module('a.c')\n",
        OLD_MODULE,
        NEW_MODULE,
        drive="m.X()",
    ),
    Probe(
        "global stmt",
        BOTH,
        "from a.b import X\ndef f():\n    global X\n    X=1\n",
        "from c.d import W as X\ndef f():\n    global X\n    X=1\n",
        OLD,
        MOVED_RENAMED,
        drive="X(); f(); print(X)",
    ),
    Probe(
        "del",
        BOTH,
        "from a.b import X\ndel X\n",
        "from c.d import W as X\ndel X\n",
        OLD,
        MOVED_RENAMED,
        drive="print([name for name in ('X', 'W') if name in globals()])",
    ),
    Probe(
        "prefix overlap",
        MODULE,
        "import a.bb\nfrom a.bb import q\na.bb.f()\n",
        "import a.bb\nfrom a.bb import q\na.bb.f()\n",
        {"a.b": "", "a.bb": "q f"},
        {"a.c": "", "a.bb": "q f"},
        breaks=False,
    ),
]


def lay_out(folder: Path, layout: Layout, probe: Probe, source: str) -> None:
    """Write the packages and the program."""
    folder.mkdir()
    (folder / "probe_run.py").write_text(RUN)
    sources = {name: f"from probe_run import define\ndefine(__name__, {names!r})\n" for name, names in layout.items()}
    sources[probe.home] = source
    for name in list(sources):
        parts = name.split(".")
        for depth in range(1, len(parts)):
            sources.setdefault(".".join(parts[:depth]), "")
    for name, text in sources.items():
        is_package = any(other.startswith(f"{name}.") for other in sources)
        path = (
            folder / name.replace(".", "/") / "__init__.py" if is_package else folder / f"{name.replace('.', '/')}.py"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def run(folder: Path, probe: Probe) -> dict[str, Any]:
    """What the program did: events, type hints, things bound, how it failed, and whether the old name is there."""
    call = f"main({probe.home!r}, {probe.drive!r}, {probe.gone or vars(probe.codemod)['old']!r}, {probe.checking!r})"
    line = "import sys; sys.path.insert(0, '.'); from probe_run import *; " + call
    done = subprocess.run([sys.executable, "-c", line], cwd=folder, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("probe", [pytest.param(probe, id=probe.name) for probe in PROBES])
def test_a_program_does_after_a_rename_what_it_did_before(probe: Probe, tmp_path: Path) -> None:
    place = Place(module=probe.home, package=probe.package)
    after = apply(probe.before, [probe.codemod], place)
    assert after == probe.after
    assert apply(after, [probe.codemod], place) == after

    lay_out(tmp_path / "old", probe.old, probe, probe.before)
    lay_out(tmp_path / "new", probe.new, probe, after)
    was, now = run(tmp_path / "old", probe), run(tmp_path / "new", probe)
    assert was["failed"] is None
    assert was.pop("there") is not now.pop("there"), "the old name is there before, and only then"
    assert {*was["bound"]} <= {*now["bound"]}
    assert (was["events"], was["hints"], was["failed"]) == (now["events"], now["hints"], now["failed"])
    assert was["events"] or was["hints"] or was["bound"], "the probe shows something"

    if probe.breaks:
        lay_out(tmp_path / "broken", probe.new, probe, probe.before)
        assert run(tmp_path / "broken", probe)["failed"] is not None
    else:
        assert probe.before == after or probe.home == "m"


def test_every_probe_is_here() -> None:
    assert len(PROBES) + 1 == 44  # the last one is a method, below


def test_a_method_is_renamed_at_proven_receivers(tmp_path: Path) -> None:
    kind = built_in()["rename-attribute"]
    probe = Probe(
        "method on class",
        codemod_of(kind, {"old": "a.b.C.old", "new": "a.b.C.new"}),
        "from a.b import C\nC.old()\nC().old()\nc=C()\nc.old()\n",
        "from a.b import C\nC.new()\nC().new()\nc=C()\nc.new()\n",
        {"a.b": "C"},
        {"a.b": "C=new"},
    )
    test_a_program_does_after_a_rename_what_it_did_before(probe, tmp_path)
