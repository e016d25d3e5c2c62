"""How it stood with the services of a run, kept beside its log for whoever judges it later; without credentials."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_agentgate.model.services import Provided

FOLDER = "services"
"""Below the state folder: a record per run, and what a service printed where it failed."""


def folder_of(state: Path) -> Path:
    """The folder, made. Raises OSError."""
    folder = state / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write(state: Path, run: str, provided: Sequence[Provided]) -> None:
    """Keep the record of a run. Raises OSError."""
    data = [document(one) for one in provided]
    (folder_of(state) / f"{run}.json").write_text(json.dumps({"schema": "agentgate-services/1", "services": data}))


def read(state: Path, run: str) -> Sequence[Mapping[str, Any]] | None:
    """The documents of a run's services; None where it has no record that can be read."""
    try:
        data = json.loads((state / FOLDER / f"{run}.json").read_text())
        return [dict(one) for one in data["services"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def document(one: Provided) -> dict[str, Any]:
    """A service as JSON: variables by name only, since their values may be credentials."""
    return {
        "name": one.service.name,
        "kind": str(one.service.kind or ""),
        "state": str(one.state),
        "why": one.why,
        "host": one.host,
        "port": one.port,
        "variables": sorted({name for _, env in one.env for name, _ in env}),
        "workers": [worker for worker, _ in one.env],
        "checkpoints": [
            {
                "step": point.step,
                "passed": point.passed,
                "why": point.why,
                "objects": point.objects,
                "seconds": round(point.seconds, 3),
            }
            for point in one.checkpoints
        ],
        "container": one.container[:12],
        "log": one.log,
    }
