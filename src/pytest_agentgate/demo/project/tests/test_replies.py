import pytest

from orchestrator.replies import FALLBACK, reply_to


@pytest.mark.parametrize(
    ("utterance", "answer"),
    [("What are your opening hours?", "We are open from nine to five."), ("Hello!", "Hello, how can I help?")],
)
def test_all_words_of_a_rule_must_be_said(utterance, answer):
    assert reply_to(utterance) == answer


def test_what_no_rule_knows_is_not_guessed():
    assert reply_to("hours") == FALLBACK
