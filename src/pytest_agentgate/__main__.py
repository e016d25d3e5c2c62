"""``python -m pytest_agentgate`` is ``agentgate``."""

from pytest_agentgate.cli import main

main()
