"""How the run of this process will be judged; decided before its tests can change what it is judged by."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from pytest_agentgate import origin
from pytest_agentgate.config import Project
from pytest_agentgate.errors import UsageError
from pytest_agentgate.gates.phases import required
from pytest_agentgate.judge import judge_run, policy_of, record
from pytest_agentgate.model.judgement import Judge, Judgement
from pytest_agentgate.store import Store


def judging_of(project: Project, options: Any) -> Callable[[Store, str], Judgement]:
    """What judges a run that a store has, by its id, and records the judgement; ``options`` are pytest's.

    Raises ConfigError, and UsageError for a phase that is not there.
    """
    asked = tuple(dict.fromkeys(options.agentgate_phase))
    policy = policy_of(project, options.agentgate_base or os.environ.get("AGENTGATE_BASE", ""))
    try:
        required(policy.config.phases, asked)
    except UsageError as error:
        raise UsageError(f"--agentgate-phase: {error}") from None
    agent = origin.agent_of(options.agentgate_agent)
    baseline = options.agentgate_baseline or ""

    def judge(store: Store, run_id: str) -> Judgement:
        judgement = judge_run(
            store, project, policy, run_id, asked, judge=Judge.PROCESS, agent=agent, baseline=baseline
        )
        record(judgement, project, store)
        return judgement

    return judge
