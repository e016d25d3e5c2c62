from uuid import uuid4

import pytest

from orchestrator.config import load_config
from orchestrator.transcripts import TranscriptStore


@pytest.fixture
def transcripts(settings_file) -> TranscriptStore:
    return TranscriptStore.connect(load_config(settings_file))


@pytest.fixture
def session_id() -> str:
    return uuid4().hex


def test_lines_are_counted(transcripts, session_id):
    assert [transcripts.append(session_id, "ada", text) for text in ("hello", "bye")] == [1, 2]


def test_lines_keep_their_order(transcripts, session_id):
    transcripts.append(session_id, "ada", "hello")
    transcripts.append(session_id, "agent", "Hello, how can I help?")
    assert transcripts.read(session_id) == [("ada", "hello"), ("agent", "Hello, how can I help?")]


def test_a_transcript_can_be_forgotten(transcripts, session_id):
    transcripts.append(session_id, "ada", "hello")
    assert transcripts.forget(session_id)


def test_nothing_was_said_in_a_session_that_is_unknown(transcripts, session_id):
    assert transcripts.read(session_id) == []
