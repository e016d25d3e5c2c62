"""One turn of a call: what the caller said goes in, what is answered comes out."""

from .config import OrchestratorConfig
from .livekit_utils import Room, RoomClient
from .replies import reply_to
from .sessions import SessionManager

AGENT = "agent"


class CallHandler:
    """Answers callers in their rooms."""

    def __init__(self, config: OrchestratorConfig, rooms: RoomClient | None = None) -> None:
        self.config = config
        self.rooms = rooms or RoomClient()

    def handle(self, sessions: SessionManager, utterance: str) -> str:
        """Answer one utterance, and remember both; raises SessionEnded."""
        with sessions.take_turn() as session:
            answer = reply_to(utterance)
            session.history += [(session.caller, utterance), (AGENT, answer)]
            self._room(session.id, session.caller).say(AGENT, answer)
            return answer

    def _room(self, name: str, caller: str) -> Room:
        room = self.rooms.open(name)
        room.join(caller)
        room.join(AGENT)
        return room
