"""What holds for every codemod and every program, generated or real.

``AGENTGATE_EXAMPLES`` sets how many programs are generated. ``AGENTGATE_PROGRAMS=all`` reads the whole standard library
instead of a sample, ``AGENTGATE_TREES`` names further folders of Python files, separated as in PATH, and
``AGENTGATE_TRIES`` says how many codemods of a kind are made up for a real program.
"""

from __future__ import annotations

import ast
import io
import keyword
import os
import re
import tokenize
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import MISSING
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_agentgate.codemods.apply import Changed, Unchanged, rewrite
from pytest_agentgate.codemods.codemod import Codemod
from pytest_agentgate.codemods.examples import examples
from pytest_agentgate.codemods.reading.names import ModuleNames, parse
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.registry import built_in
from pytest_agentgate.errors import UsageError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # hypothesmith's grammar is built with deprecated parts of lark
    import hypothesmith

KINDS = [pytest.param(kind, id=name) for name, kind in built_in().items()]
EXAMPLES = int(os.environ.get("AGENTGATE_EXAMPLES", "8"))
GENERATED = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True, derandomize=True
)
TREES = [Path(tree) for tree in os.environ.get("AGENTGATE_TREES", "").split(os.pathsep) if tree]
TRIES = int(os.environ.get("AGENTGATE_TRIES", "3"))  # codemods of a kind that are made up for one real program
ABSENT = "zz_nowhere.at_all.Thing"
FRESH = ("zz_fresh", "zz_new_place.inner.Renamed", "zz_other")


class Vocabulary:
    """The names and literals of one program, and codemods made up of them.

    Options are filled by their form alone, so that a codemod which is added later is tried as well.
    """

    def __init__(self, names: ModuleNames) -> None:
        bindings = [each for scope in names.scopes.values() for found in scope.bindings.values() for each in found]
        targets = {each.target for each in bindings if each.target}
        used = {meaning for call in names.calls if (meaning := names.meaning(call.func))}
        self.dotted = sorted(_plain(targets | used)) or ["os.path"]
        modules = {name.rpartition(".")[0] for name in self.dotted} - {""}
        self.modules = sorted(_plain(modules)) or ["os"]
        words = {each.arg for call in names.calls for each in call.keywords if each.arg}
        words |= {node.arg for node in names.up if isinstance(node, ast.arg)}
        self.words = sorted(word for word in words | set(names.by_word) if word.isidentifier()) or ["x"]
        keywords = [
            (names.meaning(call.func), [each.arg for each in call.keywords if each.arg]) for call in names.calls
        ]
        self.calls = [(function, passed) for function, passed in keywords if function and passed]
        self.lambdas = [
            (name, _taking(call)) for call in names.calls if (name := names.meaning(call.func)) in self.dotted
        ]
        literals = {ast.unparse(node) for node in names.up if isinstance(node, ast.Constant)}
        self.literals = sorted(each for each in literals if len(each) < 60) or ["1"]

    def codemod(self, kind: type[Codemod], random: Random, absent: bool = False) -> Codemod | None:
        """A codemod of a kind; None if what was drawn makes none. ``absent``: all its names stand nowhere."""
        call = random.choice(self.calls) if self.calls and random.random() < 0.8 else None  # what belongs together
        function = random.choice(self.lambdas) if self.lambdas and random.random() < 0.5 else None
        values: dict[str, object] = {}
        for option in kind.options():
            if option.default is not MISSING and random.random() < 0.6:
                continue
            form = option.metadata["form"]
            if call and not absent and option.name == "function":
                values[option.name] = call[0]
            elif call and not absent and form == "name" and option.name in {"old", "parameter"}:
                values[option.name] = random.choice(call[1])
            elif function and not absent and (option.name, form) in {("old", "dotted"), ("value", "source")}:
                values[option.name] = function[option.name == "value"]
            else:
                values[option.name] = self._value(option.name, form, random, absent)
        try:
            return kind(**values)
        except UsageError:
            return None

    def _value(self, name: str, form: str, random: Random, absent: bool) -> object:
        fresh = name in {"new", "value"} and random.random() < 0.8
        match form:
            case "flag":
                return random.random() < 0.5
            case "text":
                return random.choice(self.words)
            case "dotted" if absent:
                return f"{ABSENT}s" if name == "new" else ABSENT
            case "name" if absent:
                return FRESH[0] if name == "new" else "zz_absent"
            case "names" if absent:
                return ("zz_missing", "zz_absent") if name == "new" else ("zz_absent", "zz_missing")
            case "dotted":
                return random.choice(FRESH[1:] if fresh else random.choice((self.dotted, self.modules)))
            case "name":
                return FRESH[0] if fresh else random.choice(self.words)
            case "names":
                return tuple(dict.fromkeys(random.choices(self.words, k=random.randint(1, 4))))
            case "source" if absent and name == "new":
                return "zz_made.Value(2)"
            case "source":
                return random.choice([*self.literals, "[]", "zz_made.Value(1)", "dict", "a + b"])
            case _:
                raise AssertionError(form)


def _taking(call: ast.Call) -> str:
    """A function, as a lambda, that takes what a call passes."""
    passed = [f"zz_{number}" for number, _ in enumerate(call.args)]
    passed += [each.arg for each in call.keywords if each.arg]
    return f"lambda {', '.join(passed)}: [{', '.join(passed)}]"


def _plain(names: set[str]) -> set[str]:
    return {name for name in names if all(p.isidentifier() and not keyword.iskeyword(p) for p in name.split("."))}


def place_for(source: str) -> Place:
    return Place.within(Sources.of({"tests/test_it.py": source}), "tests/test_it.py")


def check(kind: type[Codemod], source: str, random: Random) -> int:
    """Hold one program to everything; how many of the codemods made up for it changed it."""
    names = ModuleNames(parse(source))
    vocabulary = Vocabulary(names)
    place = place_for(source)
    absent = vocabulary.codemod(kind, random, absent=True)
    assert absent is not None
    if "zz_absent" not in source or "zz_nowhere" not in source:
        assert isinstance(rewrite(source, [absent], place), Unchanged), absent
    changed = 0
    for _ in range(TRIES):
        codemod = vocabulary.codemod(kind, random)
        if codemod is None:
            continue
        changed += held(codemod, source, place_for)
    return changed


def held(codemod: Codemod, source: str, place: Callable[[str], Place]) -> bool:
    """Hold what a codemod makes of a program to everything; whether it changed it."""
    outcome = rewrite(source, [codemod], place(source))
    if not isinstance(outcome, Changed):
        return False
    before, after = parse(source), parse(outcome.source)
    again = rewrite(outcome.source, [codemod], place(outcome.source))
    assert not isinstance(again, Changed), f"{codemod}: twice is not once"
    unlike = written_otherwise(before, source, after, outcome.source)
    assert not unlike, f"{codemod}: {unlike}"
    lost = comments_lost(before, source, after, outcome.source)
    assert not lost, f"{codemod}: lost {lost}"
    return True


def written_otherwise(old_tree: ast.Module, old: str, new_tree: ast.Module, new: str) -> list[str]:
    """Plain statements that mean the same before and after and are written otherwise."""
    before, after = _statements(old_tree, old), _statements(new_tree, new)
    found = []
    for meaning, texts in before.items():
        kept = after.get(meaning, Counter())
        same = min(sum(texts.values()), sum(kept.values()))
        if sum((texts & kept).values()) < same:
            found.append(f"{list(texts - kept)[:1]} became {list(kept - texts)[:1]}")
    return found


def comments_lost(old_tree: ast.Module, old: str, new_tree: ast.Module, new: str) -> list[str]:
    """Comments that stood on a line of no statement that changed, and are gone."""
    meanings = _statements(new_tree, new)
    changed: set[int] = set()
    for node in ast.walk(old_tree):
        if isinstance(node, ast.stmt):
            end = node.body[0].lineno if hasattr(node, "body") else node.end_lineno or node.lineno
            if hasattr(node, "body") or ast.dump(node) not in meanings:
                changed.update(range(node.lineno, end + 1))
    lost = Counter(text for _, text in _comments(old)) - Counter(text for _, text in _comments(new))
    lost -= Counter(text for line, text in _comments(old) if line in changed)
    return sorted(lost)


def _comments(source: str) -> list[tuple[int, str]]:
    tokens = tokenize.generate_tokens(io.StringIO(source, newline="").readline)
    try:
        return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]
    except (tokenize.TokenError, SyntaxError):  # it reads less than the parser does
        return []


def _statements(tree: ast.Module, source: str) -> dict[str, Counter[str]]:
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", source)  # as Python counts them: a form feed ends none
    found: dict[str, Counter[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not hasattr(node, "body") and node.end_lineno is not None:
            text = "".join(lines[node.lineno - 1 : node.end_lineno]).encode()
            last = len(lines[node.end_lineno - 1].encode())
            segment = text[node.col_offset : len(text) - last + (node.end_col_offset or 0)]
            found.setdefault(ast.dump(node), Counter())[segment.decode(errors="replace")] += 1
    return found


@pytest.mark.parametrize("kind", KINDS)
@GENERATED
@given(source=hypothesmith.from_node(), random=st.randoms(use_true_random=False))
def test_generated_programs(kind: type[Codemod], source: str, random: Random) -> None:
    try:
        parse(source)
    except SyntaxError:  # newer than the Python that runs
        return
    check(kind, source, random)


@pytest.mark.parametrize("kind", KINDS)
@GENERATED
@given(other=hypothesmith.from_node(), data=st.data())
def test_examples_among_generated_code(kind: type[Codemod], other: str, data: st.DataObject) -> None:
    example = data.draw(st.sampled_from([example for example in examples(kind) if example.changes]))
    first = "from __future__" in example.before or data.draw(st.booleans())
    source = "\n".join([example.before, other] if first else [other, example.before])
    try:
        parse(source)
    except SyntaxError:  # newer than the Python that runs, or a line that goes on
        return
    path = example.path or "tests/test_example.py"
    held(example.codemod, source, lambda text: Place.within(Sources.of({**example.files, path: text}), path))


@pytest.mark.parametrize("kind", KINDS)
def test_real_programs(
    kind: type[Codemod], programs: Sequence[Path], record_property: Callable[[str, object], None]
) -> None:
    read = changed = 0
    for path in [*programs, *(file for tree in TREES for file in sorted(tree.rglob("*.py")))]:
        try:
            source = path.read_bytes().decode("utf-8-sig")
            parse(source)
        except (SyntaxError, UnicodeDecodeError):
            continue
        read += 1
        try:
            changed += check(kind, source, Random(zlib.crc32(source.encode())))
        except Exception as error:
            error.add_note(str(path))
            raise
    record_property("programs", read)
    record_property("changed", changed)
    print(f"{kind.name()}: {read} programs, changed {changed} times")  # noqa: T201 - the count is asked for
    assert read
