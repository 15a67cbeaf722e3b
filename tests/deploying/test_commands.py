"""The check of command lines finds what is wrong: a check that never refuses would prove nothing."""

from tests.deploying.commands import refusal


def test_what_is_no_command_is_refused() -> None:
    assert "is no command" in str(refusal(["sail"]))
    assert "needs a sub-command" in str(refusal([]))


def test_an_option_that_a_command_has_not_is_refused() -> None:
    assert refusal(["worker"]) is None
    assert "--wings" in str(refusal(["worker", "--wings"]))
