import pytest

import orchestrator.livekit.rooms
from orchestrator.calls import CallHandler
from orchestrator.config import OrchestratorConfig
from orchestrator.livekit import Room, RoomClient, RoomFull


def test_a_room_holds_no_more_than_its_capacity():
    room = Room("lobby", capacity=1)
    room.join("ada")
    with pytest.raises(RoomFull):
        room.join("eve")


def test_leaving_tells_how_long_somebody_stayed(monkeypatch):
    clock = iter([100.0, 130.0])
    monkeypatch.setattr(orchestrator.livekit.rooms, "now", lambda: next(clock))
    room = Room("lobby")
    room.join("ada")
    assert room.leave("ada") == 30.0


def test_everybody_who_listens_hears_what_is_said():
    heard = []
    room = Room("lobby", listeners=[lambda who, text: heard.append((who, text))])
    room.join("ada")
    assert room.say("ada", "hello") == 1
    assert heard == [("ada", "hello")]


def test_closing_a_room_tells_who_was_in_it():
    client = RoomClient()
    client.open("lobby").join("ada")
    assert client.close("lobby") == ["ada"]
    assert client.names() == []


def test_the_agent_joins_the_room_of_the_call(session):
    rooms = RoomClient()
    config = OrchestratorConfig(name="front-desk", redis={"host": "cache.internal", "port": 6380})
    CallHandler(config, rooms).handle(session, "hello")
    assert list(rooms.open("call-7").participants) == ["ada", "agent"]
