"""A file of SQL as its statements, each with the line it begins on.

Read as PostgreSQL's scanner does, https://www.postgresql.org/docs/current/sql-syntax-lexical.html, with the quotes of
MySQL where asked for. What is between ``BEGIN ATOMIC`` or, in a routine of MySQL, ``BEGIN`` and ``END`` is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<line>--[^\n]*)
    |(?P<comment>/\*)
    |(?P<escaped>\b[eE]'(?:[^'\\]|\\.|'')*'?)
    |(?P<text>'(?:[^']|'')*'?)
    |(?P<name>"(?:[^"]|"")*"?)
    |(?P<dollar>\$(?P<tag>(?:[^\W\d]\w*)?)\$)
    |(?P<word>[^\W\d][\w$]*)
    |(?P<end>;)
    |(?P<meta>^\\[^\n]*)
    |(?P<space>\s+)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
# What MySQL reads otherwise, https://dev.mysql.com/doc/refman/8.4/en/comments.html: no comment nests, some are run.
_MYSQL = re.compile(
    r"""(?P<text>'(?:[^'\\]|\\.|'')*'?|"(?:[^"\\]|\\.|"")*"?|`(?:[^`]|``)*`?|/\*M?!.*?(?:\*/|\Z)|--(?!\s|\Z))
    |(?P<left_out>\#[^\n]*|/\*.*?\*/)""",
    re.VERBOSE | re.DOTALL,
)
_NESTING = re.compile(r"/\*|\*/")
_COPIED = re.compile(r"COPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)
_DELIMITER = re.compile(r"^[ \t]*DELIMITER[ \t]+(\S+)[^\n]*(?:\n|$)", re.IGNORECASE | re.MULTILINE)
_GUARDS = ("\\restrict ", "\\unrestrict ")  # what pg_dump writes around its output, which does nothing


@dataclass(frozen=True)
class Statement:
    """One statement of a file."""

    text: str  # without the semicolon
    line: int  # from 1, on which it begins
    data: str | None = None  # lines that follow a COPY FROM STDIN

    @property
    def words(self) -> tuple[str, str]:
        """Its first two words, in capitals."""
        found = re.findall(r"\w+", re.sub(r"--[^\n]*|/\*.*?\*/", " ", self.text, flags=re.DOTALL))
        return (found[0].upper() if found else "", found[1].upper() if len(found) > 1 else "")


class SqlError(ValueError):
    """A text that is no SQL for a server: what and on which line."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


def statements(sql: str, *, mysql: bool = False) -> Iterator[Statement]:
    """The statements of a text, comments and white space before them left out. Raises SqlError."""
    sql = sql.removeprefix("\ufeff")
    position, start, depth, words, delimiter = 0, -1, 0, list[str](), ";"
    while position < len(sql):
        at_line_start = position == 0 or sql[position - 1] == "\n"
        if mysql and at_line_start and start < 0 and (changed := _DELIMITER.match(sql, position)):
            delimiter, position = changed[1], changed.end()
            continue
        if delimiter != ";" and sql.startswith(delimiter, position):
            if start >= 0:
                yield _statement(sql, start, position)
            position, start, depth, words = position + len(delimiter), -1, 0, []
            continue
        if mysql and (found := _MYSQL.match(sql, position)):
            if found["text"] and start < 0:
                start = position
            position = found.end()
            continue
        token = _TOKEN.match(sql, position)
        assert token is not None, position  # noqa: S101  the last alternative takes any character
        what, end = token.lastgroup, token.end()
        if what == "tag":
            what = "dollar"
        if what == "meta" and start < 0:
            if not token[0].startswith(_GUARDS):
                client = "mysql" if mysql else "psql"
                raise SqlError(_line(sql, position), f"{token[0].split()[0]} is a command of {client}, not SQL")
        elif what == "comment":
            end = _after_comment(sql, position)
        elif what == "end" and depth == 0 and delimiter == ";":
            if start >= 0:
                one = _statement(sql, start, position)
                if not mysql and _COPIED.match(one.text):
                    one, end = _with_data(sql, one, end)
                yield one
            start, words = -1, []
        elif what not in ("line", "space"):
            start = position if start < 0 else start
            if what == "end":
                words.append(";")
            elif token[0] in "()" and words[:1] == ["CREATE"] and "RULE" in words[1:4]:
                depth = max(0, depth + (1 if token[0] == "(" else -1))  # a rule's actions
            elif what == "dollar" and not mysql:
                close = sql.find(token[0], end)
                if close < 0:
                    raise SqlError(_line(sql, position), f"{token[0]} is not closed")
                end = close + len(token[0])
            elif what == "word":
                word = token[0].partition(delimiter)[0]  # a delimiter such as $$ could be the end of a name
                end = position + len(word)
                words.append(word.upper())
                depth = max(0, depth + _deeper(words, depth, mysql=mysql))
        position = end
    if start >= 0:
        yield _statement(sql, start, len(sql))


def _deeper(words: list[str], depth: int, *, mysql: bool) -> int:
    """How a word changes the depth of blocks within the body of a routine."""
    if words[0] != "CREATE" or not {"FUNCTION", "PROCEDURE", "TRIGGER", "EVENT"} & set(words[1:8]):
        return 0
    word, before = words[-1], words[-2]
    if word == "ATOMIC" and before == "BEGIN":
        return 1
    if mysql and word == "BEGIN":
        return 1
    if depth and word == "CASE" and before != "END":
        return 1
    if mysql and word in ("FOR", "IF", "LOOP", "REPEAT", "WHILE") and before == "END":
        return 1  # END IF closes what no word opened here
    return -1 if depth and word == "END" else 0


def _after_comment(sql: str, position: int) -> int:
    """Where a comment ends that may hold others."""
    depth = 0
    for mark in _NESTING.finditer(sql, position):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    raise SqlError(_line(sql, position), "a comment is not closed")


def _with_data(sql: str, one: Statement, position: int) -> tuple[Statement, int]:
    begin = sql.find("\n", position) + 1
    end = re.compile(r"^\\\.\s*$", re.MULTILINE).search(sql, begin or len(sql))
    if not begin or end is None:
        raise SqlError(one.line, "no line \\. ends the data of COPY ... FROM STDIN")
    return Statement(one.text, one.line, sql[begin : end.start()]), end.end()


def _statement(sql: str, start: int, end: int) -> Statement:
    return Statement(sql[start:end].rstrip(), _line(sql, start))


def _line(sql: str, position: int) -> int:
    return sql.count("\n", 0, position) + 1
