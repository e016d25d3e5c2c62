from unittest import mock

import pytest

from orchestrator.calls import CallHandler
from orchestrator.sessions import Session, SessionEnded, State


@pytest.fixture
def handler(config) -> CallHandler:
    return CallHandler(config)


def test_a_caller_is_answered(handler, session):
    assert handler.handle(session, "hello") == "Hello, how can I help?"


def test_a_turn_is_remembered(handler, session):
    handler.handle(session, "opening hours please")
    assert session.history == [("ada", "opening hours please"), ("agent", "We are open from nine to five.")]


def test_turns_follow_each_other(handler):
    session = Session(id="call-8", caller="eve")
    for utterance in ("hello", "a human please"):
        handler.handle(session, utterance)
    assert len(session.history) == 4


def test_the_session_waits_for_the_next_turn(handler, session):
    handler.handle(session, "hello")
    assert session.state is State.WAITING


def test_nobody_is_answered_after_the_end(handler):
    session = Session(id="call-9", caller="ada")
    session.end()
    with pytest.raises(SessionEnded):
        handler.handle(session, "hello")


def test_the_answer_is_said_in_the_room(handler, session):
    with mock.patch("orchestrator.livekit.rooms.Room.say") as say:
        handler.handle(session, "hello")
    say.assert_called_once_with("agent", "Hello, how can I help?")
