from array import array

import pytest

from orchestrator.audio import VoiceActivity, loudness, split_frames


def tone(level: int, samples: int = 320) -> bytes:
    return array("h", [level, -level] * (samples // 2)).tobytes()


def test_only_whole_frames_are_split_off():
    frames = list(split_frames(bytes(1500), sample_rate=16_000, frame_ms=20))
    assert [len(frame) for frame in frames] == [640, 640]


@pytest.mark.parametrize(("level", "expected"), [(0, 0.0), (16_384, 0.5)])
def test_loudness_is_the_root_mean_square(level, expected):
    assert loudness(tone(level)) == pytest.approx(expected)


def test_speech_stands_out_from_the_noise_that_was_heard_before():
    activity = VoiceActivity()
    assert not any(activity.is_speech(tone(200)) for _ in range(20))
    assert activity.is_speech(tone(4_000))
