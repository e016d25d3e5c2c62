from pathlib import Path

import pytest

from orchestrator.config import OrchestratorConfig
from orchestrator.sessions import Session


@pytest.fixture
def config() -> OrchestratorConfig:
    return OrchestratorConfig(name="front-desk", max_sessions=2)


@pytest.fixture
def session() -> Session:
    return Session(id="call-7", caller="ada")


@pytest.fixture
def settings_file() -> Path:
    return Path(__file__).with_name("orchestrator.yaml")
