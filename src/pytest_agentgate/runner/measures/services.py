"""Services: whether those that the tests need were ready, as ``agentgate run`` has recorded it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pytest_agentgate.model.judgement import Item, Measure
from pytest_agentgate.model.services import Provision
from pytest_agentgate.runner.measures.scene import Scene, Wanted, unavailable
from pytest_agentgate.runner.services import record

_COMMAND = "agentgate run"


def measure(wanted: Sequence[Wanted], scene: Scene, tell: Callable[[int, int], object]) -> Mapping[str, Measure]:
    """``services.ready``."""
    return {one.metric: _ready(scene) for one in wanted}


def _ready(scene: Scene) -> Measure:
    declared = [service.name for service in scene.project.config.services]
    if not declared:
        return unavailable("no [tool.agentgate.services.NAME] is configured")
    found = record.read(scene.project.state, scene.run) if scene.run else None
    if found is None:
        return unavailable("the run was not started by agentgate run: nobody knows whether its services were", _COMMAND)
    by_name = {str(one.get("name")): one for one in found}
    missing = [name for name in declared if name not in by_name]
    if missing:
        return unavailable(f"the run was started without {', '.join(missing)}", _COMMAND)
    states = {name: str(by_name[name].get("state")) for name in declared}
    failed = [name for name in declared if states[name] == Provision.FAILED]
    if failed:
        return Measure(0.0, tuple(Item(name, note=str(by_name[name].get("why"))) for name in failed), command=_COMMAND)
    absent = [name for name in declared if states[name] != Provision.READY]
    if absent:
        return unavailable("; ".join(f"{name}: {by_name[name].get('why')}" for name in absent), _COMMAND)
    return Measure(1.0)
