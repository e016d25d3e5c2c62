import pytest

from orchestrator.livekit.tokens import AccessToken, Grant, InvalidToken, verify


@pytest.fixture
def token() -> AccessToken:
    return AccessToken("ada", Grant("call-7"), lifetime=60.0)


def test_a_token_lets_its_owner_in(token):
    assert verify(token.sign("secret", now=0.0), "secret", now=0.0) == token


def test_a_token_of_another_secret_does_not(token):
    with pytest.raises(InvalidToken, match="another secret"):
        verify(token.sign("other"), "secret")


def test_a_token_expires(token):
    with pytest.raises(InvalidToken, match="expired 5 seconds ago"):
        verify(token.sign("secret", now=0.0), "secret", now=65.0)


def test_a_grant_may_be_for_listening_only():
    token = AccessToken("eve", Grant("call-7", can_publish=False))
    assert not verify(token.sign("secret"), "secret").grant.can_publish
