"""What is answered: the first rule whose words are all in the utterance."""

import re
from dataclasses import dataclass

FALLBACK = "Sorry, I did not get that."


@dataclass(frozen=True)
class Rule:
    """An answer, and the words that ask for it."""

    words: frozenset[str]
    answer: str


RULES = (
    Rule(frozenset({"opening", "hours"}), "We are open from nine to five."),
    Rule(frozenset({"human"}), "I will connect you."),
    Rule(frozenset({"hello"}), "Hello, how can I help?"),
)


def reply_to(utterance: str, rules: tuple[Rule, ...] = RULES) -> str:
    """The answer to an utterance."""
    words = frozenset(re.findall(r"[a-z]+", utterance.lower()))
    return next((rule.answer for rule in rules if rule.words <= words), FALLBACK)
