"""A small sound definition, and what is said when a piece of it is replaced."""

import pytest

from pathways.loader import DefinitionError, parse

SOUND = """\
id: small
title: A small pathway
silence: {days: 7}
milestones:
  - {id: started, name: start}
  - {id: moved, name: move, not_before: [started]}
  - {id: ended, name: end}
facts:
  flag: {type: boolean, default: false}
  place: {type: agreed-choice, values: [north, south]}
  size: {type: choice, values: [small, large]}
  wishes: {type: asked-for, values: [language, times]}
  peer_support: {type: choice, values: [offered, accepted, declined], default: offered}
exits:
  - {id: settled, title: Settled, when_done: last}
  - {id: died, title: Died}
steps:
  - id: call
    title: Call them
    kind: contact
    owner: coordinator
    due: {after: moved, days: 3}
    ladder: safety
  - id: chat
    title: Chat with them
    kind: peer-contact
    owner: peer-worker
    series: {every: {days: 7}, from: {after: moved}, times: 4}
    ladder: gentle
  - id: last
    title: Look back together
    kind: review
    owner: coordinator
    due: {after: moved, months: 3}
    ladder: standard
"""


def refused(text: str) -> list[str]:
    """What is said of a definition that is not sound, line by line."""
    with pytest.raises(DefinitionError) as caught:
        parse(text, "f.yaml")
    return str(caught.value).splitlines()


def with_(old: str, new: str) -> str:
    """The sound definition with one piece replaced, the first time that it is there."""
    assert old in SOUND, f"{old!r} is not in the example"
    return SOUND.replace(old, new, 1)
