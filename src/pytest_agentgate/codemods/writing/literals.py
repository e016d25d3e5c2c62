"""Text inside string literals, changed with prefix and quotes kept."""

from __future__ import annotations

from typing import Any

import libcst as cst

from pytest_agentgate.codemods.writing.rewrite import Change


def text_put(before: str, after: str) -> Change:
    """A change of a string literal from one text to another; one that is written otherwise stays as it is."""

    def change(old: Any) -> Any:
        if isinstance(old, cst.SimpleString) and old.raw_value == before:
            return old.with_changes(value=f"{old.prefix}{old.quote}{after}{old.quote}")
        return old

    return change
