from orchestrator.turns import TurnDetector


def test_a_turn_ends_after_enough_silence():
    detector = TurnDetector(silence_ms=60, frame_ms=20)
    assert [detector.hear(speech) for speech in (True, False, False, False)] == [False, False, False, True]


def test_silence_alone_is_no_turn():
    assert TurnDetector(silence_ms=20).count([False] * 10) == 0


def test_a_short_pause_does_not_end_a_turn():
    assert TurnDetector(silence_ms=100).count([True, False, False, True, *[False] * 5]) == 1
