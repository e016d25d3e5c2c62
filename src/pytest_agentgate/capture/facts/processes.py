"""Other processes that failed or took too long."""

from __future__ import annotations

import shlex
from typing import Any

from pytest_agentgate.capture.bounded import bounded_str
from pytest_agentgate.capture.facts.registry import reads
from pytest_agentgate.capture.naming import instance_dict


@reads("subprocess.SubprocessError")
def commands(exception: BaseException) -> dict[str, Any]:
    own = instance_dict(exception)
    facts = {key: own[key] for key in ("returncode", "timeout") if type(own.get(key)) in (int, float)}
    command = own.get("cmd")
    if isinstance(command, (list, tuple)):
        command = command[0] if command else ""
    elif isinstance(command, str):
        command = next(iter(shlex.split(command)), "")
    return facts | ({"command": bounded_str(command, 200)} if command else {})
