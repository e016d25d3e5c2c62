"""Names of a distribution that shares its package with the implementation, and that the environment has anew."""

from __future__ import annotations

from typing import Any

import pytest

SDK = """
from acme import trace

def start(context):
    if context is None:
        return trace.DefaultSpan(context)
    return context
"""
HERE = {
    "../acme/trace.py": "class NonRecordingSpan:\n    def __init__(self, context):\n        self.context = context\n"
}
INSIDE = "from acme import trace\n\ndef test_span():\n    assert trace.DefaultSpan(2).context == 2\n"
AT_TOP = "from acme.trace import DefaultSpan\n\ndef test_span():\n    assert DefaultSpan(2).context == 2\n"
RENAMED = "safe: rename-symbol old=acme.trace.DefaultSpan new=acme.trace.NonRecordingSpan"


def _tried(told: Any, sdk: str, test: str, companion: dict[str, str]) -> Any:
    return told({"acme/sdk.py": SDK}, {"acme/sdk.py": sdk}, {"test_span.py": test, **companion})


@pytest.mark.parametrize("test", [INSIDE, AT_TOP], ids=["within a test", "at the top of a file"])
def test_what_the_implementation_asks_for_now_takes_the_place(told: Any, test: str) -> None:
    asked = _tried(told, SDK.replace("Default", "NonRecording"), test, HERE)
    assert asked.best == RENAMED
    assert "src/acme/sdk.py:5" in asked.evidence


TRAPS = {
    "the implementation still asks for the old one elsewhere": (
        SDK.replace("Default", "NonRecording") + "\ndef stop():\n    return trace.DefaultSpan(0)\n",
        HERE,
    ),
    "the new one is not there either": (SDK.replace("Default", "Quiet"), HERE),
    "nothing of the companion is there": (SDK.replace("Default", "NonRecording"), {}),
    "the implementation has two in its place": (
        SDK.replace("trace.DefaultSpan(context)", "trace.NonRecordingSpan(trace.INVALID)"),
        {"../acme/trace.py": HERE["../acme/trace.py"] + "\nINVALID = 0\n"},
    ),
}


@pytest.mark.parametrize("name", TRAPS)
def test_in_doubt_nothing_takes_its_place(told: Any, name: str) -> None:
    sdk, companion = TRAPS[name]
    assert not [line for line in _tried(told, sdk, INSIDE, companion).lines if "rename" in line]
