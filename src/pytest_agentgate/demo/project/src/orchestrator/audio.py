"""Frames of 16 bit audio, and whether somebody speaks in them."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

SAMPLE_BYTES = 2


def split_frames(audio: bytes, sample_rate: int, frame_ms: int) -> Iterator[bytes]:
    """The whole frames of some audio; what is left at its end is dropped."""
    size = sample_rate * frame_ms // 1000 * SAMPLE_BYTES
    for start in range(0, len(audio) - size + 1, size):
        yield audio[start : start + size]


def loudness(frame: bytes) -> float:
    """The root mean square of a frame, from 0.0 to 1.0."""
    samples = array("h", frame)
    if not samples:
        return 0.0
    return sqrt(sum(sample * sample for sample in samples) / len(samples)) / 32768


@dataclass
class VoiceActivity:
    """Tells speech from noise by loudness, against a noise floor that it learns while nobody speaks."""

    ratio: float = 3.0
    floor: float = 0.01

    def is_speech(self, frame: bytes) -> bool:
        """Whether somebody speaks in a frame."""
        level = loudness(frame)
        if level > self.floor * self.ratio:
            return True
        self.floor = max(0.9 * self.floor + 0.1 * level, 1e-4)
        return False
