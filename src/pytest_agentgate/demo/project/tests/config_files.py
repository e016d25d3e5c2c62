"""Configurations as files, for the tests that read them."""

from pathlib import Path

import yaml

from orchestrator.config import OrchestratorConfig


def write_config(config: OrchestratorConfig, path: Path) -> Path:
    path.write_text(yaml.safe_dump(config.model_dump()), encoding="utf-8")
    return path
