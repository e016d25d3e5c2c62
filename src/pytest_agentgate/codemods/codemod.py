"""What a codemod is: frozen data that describes a rewrite, with its options, its examples and its reasons."""

from __future__ import annotations

import ast
import keyword
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from pytest_agentgate.errors import UsageError

if TYPE_CHECKING:
    from pytest_agentgate.codemods.reading.sources import File
    from pytest_agentgate.codemods.writing.rewrite import Rewrite


class Applicability(StrEnum):
    """Whether a proposed rewrite may be applied; the words are ruff's."""

    SAFE = "safe"  # keeps the meaning of the tests; may be applied without a person
    UNSAFE = "unsafe"  # may change what a test means; only when asked for, and marked
    DISPLAY = "display"  # only shown


def option(help: str, form: str, default: Any = MISSING, metavar: str = "") -> Any:
    """A field of a codemod that its user fills in.

    Args:
        help: what it is, as a phrase for the list of options.
        form: what it looks like: ``dotted`` (name with dots), ``name`` (identifier), ``names`` (comma-separated
            identifiers, ``*`` allowed), ``source`` (a Python expression), ``text``, or ``flag`` (yes or no).
        default: the value without it; an option without a default must be given.
        metavar: how its value is shown in help, where the form alone says too little.
    """
    return field(default=default, metadata={"help": help, "form": form, "metavar": metavar})


@dataclass(frozen=True)
class Codemod(ABC):
    """A rewrite, described by plain values: its repr is the log line, its JSON the stored provenance.

    A subclass has options as fields, a docstring of the form that ``examples`` reads, and ``rewrite``. It acts only
    where every candidate agrees, and leaves the file as it is on doubt.
    """

    applicability: ClassVar[Applicability]
    because: ClassVar[str]  # the reason for the applicability, as a sentence
    owns: ClassVar[frozenset[type[ast.AST]]]  # the nodes that may differ afterwards; anything else is a mistake

    def __post_init__(self) -> None:
        for each in fields(self):
            check = _FORMS[each.metadata["form"]]
            value = getattr(self, each.name)
            if value == each.default and value is not MISSING:
                continue
            problem = check(value)
            if problem:
                raise UsageError(f"{self.name()} {each.name}={value}: {problem}")
        if hasattr(self, "old") and self.old == getattr(self, "new", None):
            raise UsageError(f"{self.name()}: old and new are both {written(self.old)}")

    @classmethod
    def name(cls) -> str:
        """The name on the command line: ``rename-module`` of ``RenameModule``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def options(cls) -> tuple[Field[Any], ...]:
        return fields(cls)

    @abstractmethod
    def words(self) -> tuple[str, ...]:
        """Identifiers, each of which stands in every file that this codemod can change; ``a|b`` is one of several."""

    @abstractmethod
    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        """Look at a file and say what is to change in it. No I/O, no state."""

    def settings(self) -> dict[str, str]:
        """The options that differ from their defaults, as they are written on the command line."""
        return {
            each.name: written(value)
            for each in fields(self)
            if (value := getattr(self, each.name)) != each.default or each.default is MISSING
        }

    def __str__(self) -> str:
        return " ".join([self.name(), *(f"{key}={value}" for key, value in self.settings().items())])


def codemod_of(kind: type[Codemod], settings: Mapping[str, str]) -> Codemod:
    """The codemod that ``key=value`` settings describe.

    Raises:
        UsageError: a key that it does not have, one that is missing, a value of another form; or no tuple of words.
    """
    from difflib import get_close_matches

    known = {each.name: each for each in kind.options()}
    values: dict[str, Any] = {}
    for key, value in settings.items():
        name = key.replace("-", "_")
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; it has {', '.join(known)}"
            raise UsageError(f"{kind.name()} has no option {key!r}{hint}")
        read = _READERS.get(known[name].metadata["form"], str.strip)
        values[name] = read(value)
    missing = [name for name, each in known.items() if each.default is MISSING and name not in values]
    if missing:
        raise UsageError(f"{kind.name()} needs {', '.join(f'{name}=...' for name in missing)}")
    made = kind(**values)
    if not isinstance(made.words(), tuple):
        raise UsageError(f"{kind.name()}: words() must give a tuple of texts, not {made.words()!r}")
    return made


def flaws(kind: type[Codemod]) -> Iterator[str]:
    """What is missing in a class that says it is a codemod, one text each."""
    if getattr(kind, "applicability", None) not in set(Applicability):
        yield "applicability must be one of " + ", ".join(Applicability)
    if not str(getattr(kind, "because", "")).endswith("."):
        yield "because must be a sentence with the reason for the applicability"
    if not getattr(kind, "owns", None):
        yield "owns must name the kinds of nodes that may differ afterwards"
    if "__dataclass_params__" not in vars(kind):
        yield "it must be a @dataclass(frozen=True)"
    for each in kind.options():
        if each.metadata.get("form") not in _FORMS:
            yield f"{each.name} must be an option(HELP, FORM), where FORM is one of {', '.join(_FORMS)}"


def _is_identifier(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


def _dotted(value: str) -> str:
    return "" if all(map(_is_identifier, value.split("."))) else "must be a dotted name such as app.config.Settings"


def _name(value: str) -> str:
    return "" if _is_identifier(value) else "must be a name such as timeout"


def _names(value: tuple[str, ...]) -> str:
    known = [name for name in value if name not in {"*", "/"}]
    if not all(map(_is_identifier, known)) or max(value.count("*"), value.count("/")) > 1:
        return "must be names with commas between them such as a,b,*,c"
    return "" if len(set(known)) == len(known) else "names a parameter twice"


def _source(value: str) -> str:
    try:
        ast.parse(f"({value}\n)", mode="eval")
    except (SyntaxError, ValueError) as error:
        return f"must be a Python expression: {error.args[0]}"
    return ""


def _flag(value: object) -> str:
    return "" if value in {True, False} else "must be yes or no"


def _anything(_: object) -> str:
    return ""


def _read_flag(value: str) -> bool | str:
    return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}.get(value.lower(), value)


def _read_names(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def written(value: object) -> str:
    """The value of an option as it is written on the command line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(value) if isinstance(value, tuple) else str(value)


_FORMS: Mapping[str, Callable[[Any], str]] = {
    "dotted": _dotted,
    "name": _name,
    "names": _names,
    "source": _source,
    "text": _anything,
    "flag": _flag,
}
_READERS: Mapping[str, Callable[[str], Any]] = {
    "flag": _read_flag,
    "names": _read_names,
    "source": str.strip,
    "text": str,
}
