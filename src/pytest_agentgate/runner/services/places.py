"""Where an address stands in the files of a project: as a whole, or as a port with a name that says so.

A number that happens to be equal is none: a count, an id, a line. Python is read with ``ast``, so that comments and
docstrings are none either; other files line by line, with the keys and sections that a value stands under.
"""

from __future__ import annotations

import ast
import os
import re
import stat
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_agentgate.capture.variables import LOOPBACK, form_of, is_named_after, variables_naming
from pytest_agentgate.model.services import Variable

_SUFFIXES = (".py", ".toml", ".yaml", ".yml", ".ini", ".cfg", ".json", ".env", ".conf", ".properties")
_SKIPPED = {"node_modules", "site-packages", "__pycache__", "venv"}
_FILES = 5000  # that are looked into
_LARGEST = 256 * 1024  # bytes of one
_SHOWN = 3  # places that are named
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECTION = re.compile(r"\s*\[+\s*(?P<name>[^\]]+?)\s*\]+\s*(?:[#;].*)?")
_PAIR = re.compile(
    r"""["']?(?P<key>[A-Za-z_][\w.-]*)["']?\s*[:=]\s*(?P<value>"[^"]*"|'[^']*'|\[[^\]]*\]|[^\s,{}\[\]"'][^\s,{}]*)"""
)
_REPORT = re.compile(r'\s*\{\s*"schema":\s*"agentgate')  # of ours: says again what was read elsewhere
_COMMENT = re.compile(r"(?:^|\s)[#;].*")
_OURS = re.compile(r"(?:tool\.agentgate|services\.[\w-]+)$|tool\.agentgate\.")


@dataclass(frozen=True)
class Sought:
    """An address, and the variables that are known to name it."""

    server: str
    host: str
    port: int
    variables: tuple[Variable, ...] = ()


@dataclass(frozen=True)
class Seen:
    """What the files say of an address."""

    variables: tuple[Variable, ...]  # those that were known, else those whose defaults in the code name it
    places: tuple[str, ...]  # path:line (name), from the root, the surest first


@dataclass
class _Value:
    """A text or a number in a file, with the names that it stands under, the outermost first."""

    text: str
    line: int
    names: tuple[str, ...] = ()
    variable: str = ""  # whose default it is, or which is read there
    after: str = ""  # the text before it in the same call or tuple


@dataclass
class _Places:
    """What was found of one address."""

    sought: Sought
    found: list[tuple[int, str, int, str]] = field(default_factory=list)  # rank, path, line, name
    defaults: dict[str, str] = field(default_factory=dict)  # variable -> what stands in the code for it
    read: dict[str, tuple[str, int]] = field(default_factory=dict)  # variable -> path and line


def places_of(root: Path, sought: Sequence[Sought]) -> list[Seen]:
    """Where each address stands below a folder, in the order that they came; every file is read once."""
    places = [_Places(one) for one in sought]
    if any(one.sought.host or one.sought.port or one.sought.variables for one in places):
        for path, text in _texts(root):
            wanted = [one for one in places if _may_have(one.sought, text)]
            if not wanted:
                continue
            for value in _values(path, text):
                for one in wanted:
                    _look(one, value, path.relative_to(root).as_posix())
    return [_seen(one) for one in places]


def _may_have(sought: Sought, text: str) -> bool:
    if sought.port and re.search(rf"(?<![\d.]){sought.port}(?![\d.])", text):
        return True
    hosts = {"localhost", "127.0.0.1", "0.0.0.0", "[::"} if sought.host in LOOPBACK else {sought.host} - {""}  # noqa: S104
    return any(one.name in text for one in sought.variables) or (
        ("://" in text or "environ" in text) and any(host in text for host in hosts)
    )


def _look(places: _Places, value: _Value, path: str) -> None:
    one = places.sought
    if value.variable:
        places.read.setdefault(value.variable, (path, value.line))
        if value.text:
            places.defaults.setdefault(value.variable, value.text)
        return
    name = ".".join(value.names)
    if form_of(value.text, one.server, one.host, one.port):
        places.found.append((0, path, value.line, name))
    elif one.port and value.text == str(one.port):
        if value.after and _is_host(value.after, one.host):
            places.found.append((0, path, value.line, name))
        elif value.names and _is_port(value.names[-1]):
            places.found.append((1 if is_named_after(name, one.server) else 2, path, value.line, name))


def _seen(places: _Places) -> Seen:
    one = places.sought
    known = one.variables or variables_naming(one.server, one.host, one.port, places.defaults)
    read = {variable.name: places.read[variable.name] for variable in known if variable.name in places.read}
    told = [_shown(*where, name) for name, where in read.items()]
    best = min((rank for rank, *_ in places.found), default=0)
    ranked = sorted(each for each in places.found if each[0] < 2 or best == 2)
    told += [_shown(path, line, name) for _, path, line, name in ranked if (path, line) not in read.values()]
    return Seen(tuple(known), tuple(dict.fromkeys(told))[:_SHOWN])


def _shown(path: str, line: int, name: str) -> str:
    return f"{path}:{line}" + (f" ({name})" if name else "")


def _is_host(text: str, host: str) -> bool:
    return text.lower() == host.lower() or {text, host} <= LOOPBACK


def _is_port(name: str) -> bool:
    """Whether the last word of a name is ``port``: that of ``redis_port`` is, that of ``report`` is not."""
    words = _WORDS.findall(name)
    return bool(words) and words[-1].lower() == "port"


# ---- files


def _texts(root: Path) -> Iterator[tuple[Path, str]]:
    """The files of a project in which an address may stand."""
    count = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
        for name in sorted(files):
            path = Path(folder, name)
            if not (name.endswith(_SUFFIXES) or name.startswith(".env")) or not _is_small(path):
                continue
            count += 1
            if count > _FILES:
                return
            try:
                text = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                continue
            if not _REPORT.match(text):
                yield path, text


def _is_small(path: Path) -> bool:
    try:
        found = path.stat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= _LARGEST


def _values(path: Path, text: str) -> Iterable[_Value]:
    if path.name.startswith(".env") or path.suffix == ".env":  # whose readers prefer what is in the environment
        return (value for one in _of_lines(text) for value in (replace(one, variable=one.names[-1]), one))
    if path.suffix != ".py":
        return _of_lines(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that are none, in somebody's code
            tree = ast.parse(text)
        return list(_of_code(tree, (), ""))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _of_lines(text: str) -> Iterator[_Value]:
    """``key = value`` and ``key: value`` with the sections of TOML and INI, or the indents of YAML, before the key."""
    section = ""
    above: list[tuple[int, str]] = []  # indent and key of what has none of its own value
    for number, line in enumerate(text.splitlines(), 1):
        line = _COMMENT.sub("", line)
        if found := _SECTION.fullmatch(line):
            section, above = found["name"], []
            continue
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        above = [each for each in above if each[0] < indent]
        outer = ([section] if section else []) + [key for _, key in above]
        if opened := re.fullmatch(r"""\s*(?:-\s*)?["']?([\w.-]+)["']?\s*:\s*[{\[]?\s*""", line):
            above.append((indent, opened[1]))
            continue
        if _OURS.match(section):
            continue
        for pair in _PAIR.finditer(line):
            for value in _parts(pair["value"]):
                yield _Value(value, number, (*outer, pair["key"]))


def _parts(value: str) -> Iterator[str]:
    if value.startswith("["):
        yield from (each.strip().strip("\"'") for each in value[1:-1].split(","))
    else:
        yield value.strip("\"'")


# ---- Python


def _of_code(node: ast.AST, names: tuple[str, ...], after: str) -> Iterator[_Value]:
    """The constants of code that are no docstrings, with the names that they are given to."""
    match node:
        case ast.Expr(value=ast.Constant()):
            return
        case ast.Constant(value=str() | int() as value, lineno=line) if not isinstance(value, bool):
            yield _Value(str(value), line, names, after=after)
        case ast.ClassDef(bases=bases) if any(_dotted(base).endswith("Settings") for base in bases):
            yield from _of_settings(node, names)
        case ast.ClassDef(name=name, body=body):
            for each in (*node.decorator_list, *node.bases, *node.keywords, *body):
                yield from _of_code(each, (*names, name), "")
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            yield from _of_defaults(node.args, names)
            for each in [node.body] if isinstance(node, ast.Lambda) else [*node.decorator_list, *node.body]:
                yield from _of_code(each, (), "")
        case ast.Assign(targets=[target, *_], value=value):
            yield from _of_code(value, (*names, *_named(target)), "")
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield from _of_code(value, (*names, *_named(target)), "")
        case ast.Dict(keys=keys, values=values):
            for key, each in zip(keys, values, strict=True):
                own = (str(key.value),) if isinstance(key, ast.Constant) else ()
                yield from _of_code(each, (*names, *own), "")
        case ast.Call():
            yield from _of_call(node, names)
        case ast.Subscript(value=of, slice=ast.Constant(value=str() as name), lineno=line) if _is_environ(of):
            yield _Value("", line, variable=name)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            yield from _in_order(elements, names)
        case ast.Compare():  # nothing is configured there
            return
        case _:
            for each in ast.iter_child_nodes(node):
                yield from _of_code(each, names, "")


def _of_settings(node: ast.ClassDef, names: tuple[str, ...]) -> Iterator[_Value]:
    """The fields of pydantic's settings: each is read from the variable of its name, or of its alias."""
    prefix = next(filter(None, map(_prefix, ast.walk(node))), "")
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            default, alias = _of_field(each.value)
            yield _Value(default, each.lineno, variable=alias or f"{prefix}{each.target.id}".upper())
        yield from _of_code(each, (*names, node.name), "")


def _of_field(value: ast.expr | None) -> tuple[str, str]:
    """Default and alias of a field, "" where there is none."""
    keywords: dict[str | None, ast.expr] = {}
    if isinstance(value, ast.Call):
        keywords = {keyword.arg: keyword.value for keyword in value.keywords}
        value = value.args[0] if value.args else keywords.get("default")
    alias = next((keywords[name] for name in ("validation_alias", "alias", "env") if name in keywords), None)
    default = value.value if isinstance(value, ast.Constant) else ""
    said = alias.value if isinstance(alias, ast.Constant) else ""
    return str(default) if isinstance(default, str | int) else "", said if isinstance(said, str) else ""


def _prefix(node: ast.AST) -> str:
    match node:
        case ast.keyword(arg="env_prefix", value=ast.Constant(value=str() as prefix)):
            return prefix
        case ast.Assign(targets=[ast.Name(id="env_prefix")], value=ast.Constant(value=str() as prefix)):
            return prefix
        case _:
            return ""


def _of_call(call: ast.Call, names: tuple[str, ...]) -> Iterator[_Value]:
    read = _variable_read(call)
    if read is not None:
        name, default = read
        yield _Value(default, call.lineno, variable=name)
        return
    called = _dotted(call.func)
    own = (*names, called) if called else names
    yield from _of_code(call.func, (), "")
    yield from _in_order(call.args, own)
    for keyword in call.keywords:
        yield from _of_code(keyword.value, (*own, keyword.arg) if keyword.arg else own, "")


def _of_defaults(arguments: ast.arguments, names: tuple[str, ...]) -> Iterator[_Value]:
    given = [*arguments.posonlyargs, *arguments.args]
    pairs = list(zip(given[len(given) - len(arguments.defaults) :], arguments.defaults, strict=True))
    pairs += [(one, value) for one, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value]
    for argument, value in pairs:
        yield from _of_code(value, (*names, argument.arg), "")


def _in_order(elements: Sequence[ast.expr], names: tuple[str, ...]) -> Iterator[_Value]:
    before = ""
    for each in elements:
        yield from _of_code(each, names, before)
        before = each.value if isinstance(each, ast.Constant) and isinstance(each.value, str) else ""


def _variable_read(call: ast.Call) -> tuple[str, str] | None:
    """The variable that a call reads, and its default: of ``os``, or as settings libraries spell it."""
    first: ast.expr
    match call:
        case ast.Call(func=ast.Attribute(value=of, attr="get" | "setdefault" | "pop"), args=[first, *rest]) if (
            _is_environ(of)
        ):
            pass
        case ast.Call(func=ast.Name(id="getenv" | "env" | "config"), args=[first, *rest]):
            pass
        case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="getenv"), args=[first, *rest]):
            pass
        case ast.Call(func=ast.Attribute(value=ast.Name(id="env")), args=[first, *rest]):  # of environs, django-environ
            pass
        case ast.Call(func=ast.Attribute(value=ast.Name(id="dj_database_url"), attr="config"), args=given):
            named = [*given, *(one.value for one in call.keywords if one.arg == "env"), ast.Constant("DATABASE_URL")]
            first, rest = named[0], given[1:]
        case _:
            return None
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str) or not first.value.isidentifier():
        return None
    given = rest[:1] or [keyword.value for keyword in call.keywords if keyword.arg == "default"]
    default = given[0].value if given and isinstance(given[0], ast.Constant) else ""
    return first.value, str(default) if isinstance(default, str | int) else ""


def _is_environ(node: ast.expr) -> bool:
    return _dotted(node).rpartition(".")[2] == "environ"


def _named(target: ast.expr) -> tuple[str, ...]:
    match target:
        case ast.Subscript(slice=ast.Constant(value=str() as name)):
            return (name,)
        case _:
            return (name,) if (name := _dotted(target)) else ()


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=of, attr=name):
            return f"{head}.{name}" if (head := _dotted(of)) else name
        case _:
            return ""
