import pytest
from config_files import write_config

from orchestrator.config import OrchestratorConfig, load_config


def test_a_configuration_survives_its_file(config, tmp_path):
    path = write_config(config, tmp_path / "orchestrator.yaml")
    assert load_config(path, {}) == config


@pytest.mark.parametrize("endpointing", ["eager", "patient"])
def test_how_patient_it_is_stands_in_the_file(endpointing, tmp_path):
    config = OrchestratorConfig(name="front-desk", endpointing=endpointing)
    path = write_config(config, tmp_path / "orchestrator.yaml")
    assert f"endpointing: {endpointing}\n" in path.read_text(encoding="utf-8")
