"""Ctrl-C, once more, while services are removed."""

from __future__ import annotations

import signal

import pytest

from pytest_agentgate.runner.services.fleet import undisturbed


def test_a_signal_waits_for_what_must_not_be_disturbed() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), undisturbed():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        done.append("removed")
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_where_nothing_comes_nothing_happens() -> None:
    with undisturbed():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
