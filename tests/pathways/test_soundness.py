"""Each rule by which a definition is refused, with the line and what to change."""

import pytest

from pathways.loader import parse
from tests.pathways.example import SOUND, refused, with_

CALL, CHAT = "due: {after: moved, days: 3}", "series: {every: {days: 7}, from: {after: moved}, times: 4}"
SAFETY = "ladder: safety"
SETTLED, DIED = "when_done: last", "  - {id: died, title: Died}\n"
FLAG = "flag: {type: boolean, default: false}"
SILENCE = "silence: {days: 7}\n"


def test_the_example_is_sound() -> None:
    assert list(parse(SOUND, "f.yaml").step) == ["call", "chat", "last"]


RULES = [
    # what is named must be there
    (CALL, "due: {after: mved, days: 3}", "22: steps[0].due.after: there is no milestone mved: is moved meant?"),
    (CALL, "due: {before: xyz, days: 3}", "22: steps[0].due.before: there is no milestone xyz"),
    (CALL, "due: {after_expected: xyz, days: 3}", "22: steps[0].due.after_expected: there is no milestone xyz"),
    (SAFETY, "ladder: saftey", "23: steps[0].ladder: there is no ladder saftey: is safety meant?"),
    (SAFETY, "ladder: safety\n    when: {flog: true}", "24: steps[0].when.flog: there is no fact flog: is flag meant?"),
    (SETTLED, "when_done: lst", "15: exits[0].when_done: there is no step lst: is last meant?"),
    (SETTLED, "said_with: lst", "15: exits[0].said_with: there is no step lst: is last meant?"),
    (SETTLED, "milestone: mvoed", "15: exits[0].milestone: there is no milestone mvoed: is moved meant?"),
    (SILENCE, "silence: {days: 7, after: mvd}\n", "3: silence.after: there is no milestone mvd: is moved meant?"),
    ("not_before: [started]", "needs: [startd]",
     "6: milestones[1].needs[0]: there is no milestone startd: is started meant?"),
    (SILENCE, SILENCE + "risk_review: {other_ladder: odd}\n", "4: risk_review.other_ladder: there is no ladder odd"),
    (SAFETY, "ladder: safety\n    records: mvd", "24: steps[0].records: there is no milestone mvd: is moved meant?"),
    (SAFETY, "ladder: safety\n    satisfied_by: {or_milestone: mvd}",
     "24: steps[0].satisfied_by.or_milestone: there is no milestone mvd: is moved meant?"),
    ("from: {after: moved}", "from: {after: mvd}",
     "28: steps[1].series.from.after: there is no milestone mvd: is moved meant?"),
    ("times: 4", "until: {after: mvd}", "28: steps[1].series.until.after: there is no milestone mvd: is moved meant?"),
    # values of facts
    (SAFETY, "ladder: safety\n    when: {size: medium}",
     "24: steps[0].when.size: 'medium' is no value of size: it has small, large"),
    (SAFETY, "ladder: safety\n    when: {flag: yes}",
     "24: steps[0].when.flag: 'yes' is no value of flag: it has true or false"),
    (SAFETY, "ladder: safety\n    when: {size: [small, huge]}",
     "24: steps[0].when.size: 'huge' is no value of size: it has small, large"),
    (SAFETY, "ladder: safety\n    when: {wishes: language}",
     "24: steps[0].when.wishes: what was asked for is the person's own words: "
     "say `wishes: true` (anything was) or `wishes: false`"),
    ("default: false", "default: maybe", "9: facts.flag.default: 'maybe' is no value of flag: it has true or false"),
    ("[small, large]}", "[small, large], default: true}",
     "11: facts.size.default: true is no value of size: it has small, large"),
    ("[north, south]}", "[north, south], default: north}",
     "10: facts.place.default: only a boolean or a choice begins with a value: leave the default out"),
    ("[small, large]", "[small, small]", "11: facts.size.values[1]: small is there already: leave it out"),
    # names
    ("  - id: chat", "  - id: call", "24: steps[1].id: call is there already: give this one another id"),
    ("{id: ended, name: end}", "{id: ended, name: end}\n  - {id: moved, name: end}",
     "8: milestones[3].id: moved is there already: give this one another id"),
    ("id: died", "id: settled", "16: exits[1].id: settled is there already: give this one another id"),
    ("  - id: call", "  - id: handover",
     "18: steps[0].id: handover is a name that Alongside uses itself: choose another"),
    ("kind: contact", "kind: risk-review",
     "20: steps[0].kind: a risk-review is opened by Alongside itself: choose another kind, for example task"),
    # who
    (SAFETY, "ladder: safety\n    may_complete: []",
     "24: steps[0].may_complete: nobody may complete this step: name at least one role, or leave the line out"),
    (SAFETY, "ladder: safety\n    may_complete: [team-lead]",
     "24: steps[0].may_complete: the owner (coordinator) may not complete it: add that role"),
    ("owner: coordinator", "owner: incoming-coordinator",
     "21: steps[0].owner: only a handover belongs to an incoming coordinator: name who does this step"),
    # contacts
    ("kind: contact", "kind: task\n    waive_needs_attempts: 2",
     "21: steps[0].waive_needs_attempts: only a contact is attempted, so a task could never be waived"),
    ("kind: contact", "kind: task\n    attempt_tells: [team-lead]",
     "21: steps[0].attempt_tells: only a contact is attempted, and this is a task: leave the line out"),
    ("kind: contact", "kind: task\n    satisfied_by: {days_after: 1}",
     "21: steps[0].satisfied_by: only a contact is satisfied by a contact, and this is a task"),
    ("kind: contact", "kind: task\n    records: moved",
     "21: steps[0].records: only a contact or appointment that comes once records a milestone"),
    (SAFETY, "ladder: safety\n    records: ended",
     "24: steps[0].records: ended is recorded by Alongside itself: name another milestone"),
    (CALL, "due: {before: moved, days: 3}\n    satisfied_by: {days_after: 1}",
     "23: steps[0].satisfied_by: counts from the milestone of `due: {after: ...}`, which this step has not got"),
    (SAFETY, "ladder: safety\n    satisfied_by: {days_after: 3, within_days: 2}",
     "24: steps[0].satisfied_by.within_days: no day is left: let within_days be at least days_after"),
    (SAFETY, "ladder: safety\n    reopened_by_declined: size",
     "24: steps[0].reopened_by_declined: names a fact of the type agreed-choice"),
    ("ladder: gentle", "ladder: gentle\n    when: {peer_support: offered}",
     "30: steps[1].when.peer_support: a peer contact is only ever asked for while peer support is accepted: "
     "leave it out"),
    ("values: [offered, accepted, declined], default", "values: [offered, declined], default",
     "8: facts: peer contacts need the fact peer_support, a choice with the value accepted: add it"),
    # when
    (", times: 4", "", "28: steps[1].series: never ends: say `times`, or `until` which milestone"),
    ("every: {days: 7}, from: {after: moved}, times: 4", "at: [{days: 7}, {days: 3}], from: {after: moved}",
     "28: steps[1].series.at: each distance is longer than the one before it"),
    ("every: {days: 7}, from: {after: moved}, times: 4", "at: [{days: 7}, {weeks: 3}], from: {after: moved}",
     "28: steps[1].series.at: count every distance in the same unit"),
    (CALL, "due: {before: started, days: 3}",
     "22: steps[0].due.before: nothing is asked for before the start: say `after: started`"),
    (CALL, "due: {after: ended, days: 3}",
     "22: steps[0].due.after: nothing is asked for once the transition has ended: count from another milestone"),
    # milestones
    ("  - {id: ended, name: end}\n", "", "4: milestones: every pathway has the milestone ended: add it"),
    ("{id: started, name: start}", "{id: started, name: start, needs: [moved]}",
     "5: milestones[0]: started must come before itself: break the circle of needs"),
    # ladders
    (SILENCE, SILENCE + "ladders:\n  own:\n    rungs: [{days: 2, to: [owner]}, {days: 1, to: [team-lead]}]\n",
     "6: ladders.own.rungs[1]: each rung comes later than the one before it"),
    (SILENCE, SILENCE + "ladders:\n  own:\n    rungs: [{hours: 2, to: [owner]}, {days: 1, to: [team-lead]}]\n",
     "6: ladders.own.rungs[1]: count every rung of a ladder in hours"),
    # what could never come
    (CHAT, "series: {every: {days: 7}, from: {after: moved}, until: {after: moved}}",
     "28: steps[1].series.until: it would end before its first occurrence: let it end later, or say `times`"),
    (CHAT, "series: {every: {months: 1}, from: {after: moved, days: 7}, until: {after: moved, days: 28}}",
     "28: steps[1].series.until: it would end before its first occurrence: let it end later, or say `times`"),
    (CHAT, "series: {every: {days: 7}, from: {before: moved, weeks: 2}, until: {before: moved, weeks: 3}}",
     "28: steps[1].series.until: it would end before its first occurrence: let it end later, or say `times`"),
    (CHAT, "series: {every: {days: 7}, from: {after: moved}, until: {after: started}}",
     "28: steps[1].series.until: it would end before it begins: say another milestone"),
    (CHAT, "series: {every: {days: 7}, from: {after: moved}, until: {before: ended, months: 1}}",
     "28: steps[1].series.until: nothing is known of the end before it comes: say `until: {after: ended}`"),
    (CHAT, "series: {every: {days: 7}, from: {before: started, weeks: 2}, times: 4}",
     "28: steps[1].series.from.before: nothing is asked for before the start: say `after: started`"),
    (SAFETY, "ladder: safety\n    records: moved",
     "24: steps[0].records: it waits for moved and is what records it: say `due: {after_expected: ...}`"),
    (SAFETY, "ladder: safety\n    satisfied_by: {or_milestone: moved}",
     "24: steps[0].satisfied_by.or_milestone: it counts from moved: name another milestone"),
    (SAFETY, "ladder: safety\n    satisfied_by: {days_after: 6}",
     "24: steps[0].satisfied_by.days_after: it is due before the first day on which a contact counts"),
    (SETTLED, "milestone: moved",
     "22: steps[0].due.after: with moved the transition closes as settled: count from another milestone"),
    (SETTLED, "milestone: moved",
     "28: steps[1].series.from.after: with moved the transition closes as settled: count from another milestone"),
    ("not_before: [started]", "needs: [moved]",
     "6: milestones[1]: moved must come before itself: break the circle of needs"),
    ("not_before: [started]", "needs: [ended]",
     "6: milestones[1].needs[0]: moved could never come: with ended the transition has closed"),
    ("{id: started, name: start}", "{id: started, name: start, not_before: [ended]}",
     "5: milestones[0]: nothing comes before the start: leave out what it needs or may not come before"),
    ("{id: ended, name: end}", "{id: ended, name: end, needs: [moved]}",
     "7: milestones[2].needs: a transition may end at any time, because somebody may die: leave the line out"),
    ("{id: ended, name: end}", "{id: ended, name: end, expected_at_age: 18}",
     "7: milestones[2].expected_at_age: ended is recorded by Alongside itself: leave the line out"),
    (DIED, DIED + "  - {id: again, title: Again, when_done: last}\n",
     "17: exits[2].when_done: last closes the pathway as settled already: keep one (or say `said_with` in both)"),
    (DIED, DIED + "  - {id: again, title: Again, said_with: last}\n",
     "17: exits[2].said_with: last closes it as settled: say `said_with` there"),
    # people and what they may choose
    (SILENCE, SILENCE + "coordinator: therapist\n",
     "4: coordinator: the coordinator is called coordinator or named-worker: say one of the two"),
    ("values: [offered, accepted, declined]", "values: [offered, accepted]",
     "13: facts.peer_support.values: anybody may decline peer support at any time: add the value declined"),
    ("[north, south]", "['north:east', south]",
     "10: facts.place.values[0]: a colon divides the value from what is said of it: leave it out"),
    (SILENCE, SILENCE + "ladders: {safety: {rungs: [{working_days: 1, to: [owner]}]}}\n",
     "4: ladders.safety.rungs: safety never waits for a working day: count its rungs in hours"),
    (SILENCE, SILENCE + "ladders: {gentle: {reminder: {days: 0}, rungs: [{days: 1, to: [owner]}]}}\n",
     "4: ladders.gentle.reminder: a reminder comes before the step is due: say how long, or leave it out"),
    (SILENCE, SILENCE + "risk_review: {on_safety: {working_days: 1}}\n",
     "4: risk_review.on_safety: safety never waits for a working day: count it in hours"),
    ("ladder: gentle", "ladder: safety",
     "29: steps[1].ladder: a peer is never on call: put a peer contact on another ladder, for example gentle"),
    (CHAT, "series: {every: {hours: 1}, from: {after: started}, until: {after: ended}}",
     "28: steps[1].series.every: comes more than once a day without an end in sight: say `times`"),
    ("ladder: gentle", "ladder: gentle\n    reopened_by_declined: place",
     "30: steps[1].reopened_by_declined: only a step that comes once is opened again: leave the line out"),
    (SAFETY, "ladder: safety\n    satisfied_by: {within_days: 2}",
     "24: steps[0].satisfied_by.within_days: says until when `or_milestone` counts: name that too, or leave it out"),
    ("not_before: [started]", "not_before: [ended]",
     "6: milestones[1].not_before: nothing comes after the end: leave it out"),
    # endings
    (", when_done: last", "",
     "14: exits: the pathway cannot close by itself: name the last step with `when_done` or `said_with`"),
    (SETTLED, "when_done: chat", "15: exits[0].when_done: chat comes again and again, so it cannot be the last step"),
    (DIED, "", "14: exits: somebody may die or leave at any time: add an exit that needs nothing"),
    ("title: Died}", "title: Died, needs_agreed: place}",
     "14: exits: somebody may die or leave at any time: add an exit that needs nothing"),
    (SETTLED, "when_done: last, needs_agreed: size",
     "15: exits[0].needs_agreed: names a fact of the type agreed-choice"),
    (SETTLED, "when_done: last, milestone: moved", "15: exits[0]: say only one of when_done, said_with, milestone"),
    (SETTLED, "milestone: ended",
     "15: exits[0].milestone: ended is recorded by Alongside itself: name another milestone"),
    ("ladder: standard", "ladder: standard\n    when: {flag: true}",
     "14: exits: the pathway cannot close for everybody: the last step is only asked for at times"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), RULES, ids=[rule[2].partition(": ")[2][:60] for rule in RULES])
def test_what_is_unsound_is_told_with_its_line(old: str, new: str, told: str) -> None:
    assert f"f.yaml:{told}" in refused(with_(old, new))


MANY = (
    "circle",
    "say only one of when_done",
    "peer contacts need",
    "closes as settled: count",
    "before the start: leave out",
)
"""A circle is told of each milestone in it; one ending blames each step that counts from it."""


@pytest.mark.parametrize(
    ("old", "new"), [(old, new) for old, new, told in RULES if not any(words in told for words in MANY)]
)
def test_one_mistake_is_told_once(old: str, new: str) -> None:
    # Leaving a value out also makes the default wrong; what was named last may be missed elsewhere.
    assert len(refused(with_(old, new))) <= 2


def test_a_milestone_that_closes_the_transition_may_satisfy_a_step_and_be_counted_towards() -> None:
    text = with_("{id: ended, name: end}", "{id: ended, name: end}\n  - {id: back, name: return, needs: [moved]}")
    text = text.replace("title: Died}", "title: Died}\n  - {id: returned, title: Returned, milestone: back}")
    assert parse(text, "f.yaml").exit["returned"].milestone == "back"
    satisfied = text.replace(SAFETY, f"{SAFETY}\n    satisfied_by: {{or_milestone: back, within_days: 3}}")
    assert parse(satisfied, "f.yaml").step["call"].satisfied_by is not None
    towards = text.replace(CALL, "due: {before: back, days: 3}").replace(", times: 4}", ", until: {after: back}}")
    assert parse(towards, "f.yaml").step["call"].due is not None
    counted = text.replace(CALL, "due: {after: back, days: 3}").replace("{days: 7}", "{days: 7, after: back}", 1)
    closed = "with back the transition closes as returned: count from another milestone"
    assert refused(counted) == [f"f.yaml:3: silence.after: {closed}", f"f.yaml:24: steps[0].due.after: {closed}"]
    needed = text.replace("name: end}\n", "name: end}\n  - {id: late, name: late, needs: [back]}\n", 1)
    assert refused(needed) == [
        "f.yaml:8: milestones[3].needs[0]: late could never come: with back the transition has closed"
    ]


def test_two_last_steps_close_for_everybody_when_each_is_for_those_whom_the_other_is_not_for() -> None:
    text = with_(DIED, DIED + "  - {id: other, title: Another way, when_done: call}\n")
    text = text.replace("ladder: standard", "ladder: standard\n    when: {place: true}")
    assert parse(text, "f.yaml").id == "small"
    for other, sound in (("place: false", True), ("flag: false", False), ("place: false, flag: true", False)):
        split = text.replace(SAFETY, f"{SAFETY}\n    when: {{{other}}}")
        if sound:
            assert parse(split, "f.yaml").id == "small"
        else:
            assert refused(split)[0].startswith("f.yaml:14: exits: the pathway cannot close for everybody")


def test_a_series_ends_with_a_milestone_that_can_come_after_its_first_occurrence() -> None:
    text = with_("{id: ended, name: end}", "{id: ended, name: end}\n  - {id: left, name: leaving, needs: [moved]}")
    until = text.replace(CHAT, "series: {every: {days: 7}, from: {after: left}, until: {after: moved}}")
    assert refused(until) == ["f.yaml:29: steps[1].series.until: moved comes before left: let it end with a later one"]
    for sound in (
        "from: {after: moved}, until: {after: left}",
        "from: {after: left}, until: {after: moved, months: 6}",
    ):
        assert parse(text.replace(CHAT, f"series: {{every: {{days: 7}}, {sound}}}"), "f.yaml").id == "small"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SAFETY, "ladder: safety\n    when: {size: true}"),
        (SAFETY, "ladder: safety\n    when: {size: [small, large], flag: true, wishes: true, place: north}"),
        (CHAT, "series: {every: {days: 7}, from: {before: moved, months: 1}, until: {after_expected: moved, days: 9}}"),
        (CHAT, "series: {every: {weeks: 2}, from: {after: started}, until: {after: ended}}"),
        (SILENCE, SILENCE + "coordinator: named-worker\n"),
        (SAFETY, "ladder: safety\n    may_complete: [named-worker]\n    may_waive: []"),
        (FLAG, "flag: {type: boolean}"),
        (SILENCE, SILENCE + "ladders: {own: {rungs: [{hours: 0, to: [owner]}, {hours: 5, to: [safety-lead]}]}}\n"),
        ("kind: contact", "kind: contact\n    satisfied_by: {days_after: 1, within_days: 1, or_milestone: ended}"),
    ],
)
def test_what_is_sound_is_accepted(old: str, new: str) -> None:
    assert parse(with_(old, new), "f.yaml").id == "small"
