"""Bad input of every acting command: a sentence, an exit code, and nothing changed."""

import re
import shlex
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from temporalio.service import RPCError, RPCStatusCode

from cli.app import expected
from planner.clock import LONDON
from records.staff import upsert_staff
from schemas.codes import Role
from schemas.staff import StaffMember
from tests.cli.driving import Ended, alongside
from tests.cli.test_commands import ago
from tests.durable.following import COORDINATOR, Followed, Place, inpatient

INVALID, NOT_FOUND, NOT_ALLOWED, CONFLICT = 2, 3, 4, 5
Case = tuple[str, int, str]
"""What is typed after the command (P is the person's transition), the exit code, and a piece of the sentence."""

ANYBODY: list[Case] = [
    ("nobody-at-all {rest}", NOT_FOUND, "No such transition"),
    ("P {rest} --as ''", INVALID, "Say who is acting: --as STAFF, or set ALONGSIDE_AS."),
    ("P {rest} --as nobody", NOT_FOUND, "Nobody in the staff list has the id nobody"),
    ("P {rest} --as gone-1", NOT_ALLOWED, "gone-1 does not work here any more"),
    ("P {rest} --id 'no id'", INVALID, "--id: letters, digits"),
    ("P {rest} --reason ' '", INVALID, "--reason: between 1 and 1000 characters"),
    ("P {rest} --nonsense", INVALID, "No such option"),
]
"""What is bad for each command; `rest` is what makes the command sound."""

SOUND = {
    "complete": "discharge-plan",
    "attempt": "peer-introduction --attendance 3 --mechanism video",
    "waive": "discharge-plan --reason Enough",
    "acknowledge": "discharge-plan --until tomorrow",
    "milestone": "discharged --at yesterday",
    "expect": "discharged 2027-03-01",
    "fact": "section_117 true",
    "hold": "",
    "resume": "",
    "due": "discharge-plan tomorrow --reason Asked",
    "add": "call-gp 'Call the GP' --due tomorrow",
    "handover offer": "--to coordinator-2 --answer-by tomorrow",
    "handover accept": "",
    "handover decline": "",
    "handover withdraw": "",
    "move-definition": "inpatient-to-community",
    "exit": "moved-away",
}

BAD: dict[str, list[Case]] = {
    "complete": [
        ("", INVALID, "Missing argument"),
        ("P", INVALID, "Missing argument"),
        ("P no-such-step", NOT_FOUND, "There is no step no-such-step here."),
        ("P silence", INVALID, "Silence ends when somebody sees the person"),
        ("P crisis-plan", CONFLICT, "crisis-plan is not open yet: it waits for the discharge."),
        ("P weekly-peer-contact", INVALID, "say which, for example weekly-peer-contact#1"),
        ("P placement-review#1", CONFLICT, "does not apply to this person"),
        ("P peer-introduction", INVALID, "say its attendance status and consultation mechanism"),
        ("P peer-introduction --attendance 5", INVALID, "say its attendance status and consultation mechanism"),
        ("P peer-introduction --attendance seen --mechanism 1", INVALID, "--attendance 'seen' is not known"),
        ("P peer-introduction --attendance 5 --mechanism pigeon", INVALID, "--mechanism 'pigeon' is not known"),
        ("P discharge-plan --attendance 5 --mechanism 1", INVALID, "leave attendance and mechanism out"),
        ("P discharge-plan --at tomorrow", INVALID, "cannot lie in the future"),
        ("P discharge-plan --at 2001-01-01", INVALID, "cannot lie before the transition started"),
        ("P discharge-plan --at 2026-02-30", INVALID, "--at '2026-02-30' does not exist"),
        ("P discharge-plan --at then", INVALID, "--at 'then' is not a date"),
        ("P baseline-measures --score GAD-7=3", INVALID, "has no measure GAD-7"),
        ("P baseline-measures --score ReQoL-10=22.5", INVALID, "the total is 22.5, and is a whole number from 0 to 40"),
        ("P baseline-measures --score ReQoL-10=1,2,3,4,3,2,1,2,3,4", INVALID, "once a licence is recorded here"),
        ("P baseline-measures --score QPR-15=1,2,3", INVALID, "QPR-15: question 4 is missing"),
        ("P baseline-measures --score QPR-15=1,two", INVALID, "answers are numbers with commas between"),
        ("P baseline-measures --score QPR-15=1:2,1:3", INVALID, "each once"),
        ("P baseline-measures --score QPR-15=high", INVALID, "QPR-15: it is answered with numbers"),
        ("P baseline-measures --score QPR-15@parent=30", INVALID, "the view is self, and never parent"),
        ("P baseline-measures --score QPR-15@friend=30", INVALID, "@friend is no view that is known"),
        ("P baseline-measures --score QPR-15=30 --declined QPR-15", INVALID, "the view self is told twice"),
        ("P baseline-measures --score 41", INVALID, "--score '41' is not understood: write it NAME=VALUE."),
        ("P baseline-measures --score QPR-15=1 --score QPR-15=2", INVALID, "says QPR-15 twice"),
        ("P discharge-plan --outcome nowhere", NOT_FOUND, "has no exit nowhere"),
        ("P discharge-plan --outcome moved-away", INVALID, "does not say how a transition ends"),
        ("P discharge-plan --as privacy-1", NOT_ALLOWED, "A privacy officer cannot report discharge-plan"),
        ("P discharge-plan --as peer-1", NOT_ALLOWED, "A peer worker cannot report discharge-plan"),
        (f"P {'x' * 200}", INVALID, "The name of a step"),
    ],
    "attempt": [
        ("P peer-introduction", INVALID, "Missing option"),
        ("P peer-introduction --attendance 3", INVALID, "Missing option"),
        ("P peer-introduction --attendance 5 --mechanism 1", INVALID, "report that with `alongside complete`"),
        ("P peer-introduction --attendance attended-late --mechanism 1", INVALID, "they were seen"),
        ("P peer-introduction --attendance 8 --mechanism 1", INVALID, "--attendance '8' is not known"),
        ("P peer-introduction --attendance 3 --mechanism ''", INVALID, "--mechanism '' is not known"),
        ("P peer-introduction --attendance 3 --mechanism 1 --at tomorrow", INVALID, "cannot lie in the future"),
        ("P discharge-plan --attendance 3 --mechanism 1", INVALID, "discharge-plan is no contact"),
        ("P nothing --attendance 3 --mechanism 1", NOT_FOUND, "There is no step nothing here."),
    ],
    "waive": [
        ("P discharge-plan", INVALID, "Say why discharge-plan need not be done."),
        ("P no-such-step --reason Enough", NOT_FOUND, "There is no step no-such-step here."),
        ("P discharge-plan --reason Enough --as peer-1", NOT_ALLOWED, "A peer worker cannot waive discharge-plan"),
        (f"P discharge-plan --reason {'x' * 1001}", INVALID, "--reason: between 1 and 1000 characters"),
    ],
    "acknowledge": [
        ("P discharge-plan", INVALID, "Missing option"),
        ("P discharge-plan --until tomorrow", CONFLICT, "Nobody has been told about discharge-plan yet"),
        ("P silence --until tomorrow", CONFLICT, "There is no alert about silence"),
        ("P discharge-plan --until whenever", INVALID, "--until 'whenever' is not a date"),
        ("P nothing --until tomorrow", NOT_FOUND, "There is no step nothing here."),
    ],
    "milestone": [
        ("P", INVALID, "Missing argument"),
        ("P graduated", NOT_FOUND, "graduated"),
        ("P ended", INVALID, "A transition ends by an exit"),
        ("P readmitted", CONFLICT, "discharge"),
        ("P discharged --at tomorrow", INVALID, "cannot lie in the future"),
        ("P discharged --at 2001-01-01", INVALID, "before the transition started"),
        ("P discharged --at 2001-01-01 --preview", INVALID, "before the transition started"),
        ("P discharged --at '2026-03-29 01:30'", INVALID, "the clocks go forward over that hour"),
        ("P started --at tomorrow", INVALID, "The start cannot lie in the future"),
        ("P discharged --as peer-1", NOT_ALLOWED, "A peer worker cannot record a milestone"),
    ],
    "expect": [
        ("P discharged", INVALID, "Missing argument"),
        ("P graduated tomorrow", NOT_FOUND, "graduated"),
        ("P discharged yesterday", INVALID, "cannot be expected on a day that is past"),
        ("P discharged yesterday --preview", INVALID, "cannot be expected on a day that is past"),
        ("P discharged 2099-01-01", INVALID, "more than ten years ahead: check the year"),
        ("P discharged 31/11/2026", INVALID, "DATE '31/11/2026' does not exist"),
        ("P discharged clear", CONFLICT, "nothing changes"),
        ("P started tomorrow", INVALID, "Nobody expects the start"),
        ("P discharged tomorrow --as peer-1", NOT_ALLOWED, "A peer worker cannot set an expected date"),
    ],
    "fact": [
        ("P section_117", INVALID, "Missing argument"),
        ("P favourite_colour blue", NOT_FOUND, "has no fact favourite_colour"),
        ("P favourite_colour clear", NOT_FOUND, "has no fact favourite_colour"),
        ("P section_117 perhaps", INVALID, "section_117 is either true or false."),
        ("P section_117 yes no", INVALID, "section_117 has one value: give it once."),
        ("P section_117 no", CONFLICT, "nothing changes"),
        ("P bed_class 999", INVALID, "bed_class is one of"),
        ("P section_117 yes --as peer-1", NOT_ALLOWED, "A peer worker cannot change that fact"),
    ],
    "hold": [
        ("P", INVALID, "Say why it is put on hold."),
        ("P ''", INVALID, "--reason: between 1 and 1000 characters"),
        ("P Away --reason Away", INVALID, "Say why once"),
        ("P Away --as privacy-1", NOT_ALLOWED, "A privacy officer cannot put a transition on hold"),
    ],
    "resume": [
        ("P", CONFLICT, "The transition is not on hold."),
        ("P --as peer-1", NOT_ALLOWED, "A peer worker cannot resume a transition"),
    ],
    "due": [
        ("P discharge-plan", INVALID, "Missing argument"),
        ("P discharge-plan tomorrow", INVALID, "Say why this date is set by hand"),
        ("P discharge-plan yesterday --reason Asked", INVALID, "lies in the past"),
        ("P discharge-plan 2099-01-01 --reason Asked", INVALID, "more than ten years ahead"),
        ("P discharge-plan someday --reason Asked", INVALID, "DATE 'someday' is not a date"),
        ("P discharge-plan rule", CONFLICT, "was not set by hand"),
        ("P no-such-step tomorrow --reason Asked", NOT_FOUND, "There is no step no-such-step here."),
        ("P discharge-plan tomorrow --reason Asked --as peer-1", NOT_ALLOWED, "A peer worker cannot set the date"),
    ],
    "add": [
        ("P call-gp 'Call the GP'", INVALID, "Missing option"),
        ("P call-gp 'Call the GP' --due yesterday", INVALID, "lies in the past"),
        ("P call-gp 'Call the GP' --due 2026-13-01", INVALID, "--due '2026-13-01' does not exist"),
        ("P 'Call GP' 'Call the GP' --due tomorrow", INVALID, "The name of a step has lower-case letters"),
        ("P call-gp GP --due tomorrow", INVALID, "TITLE: between 3 and 120 characters"),
        ("P discharge-plan 'Plan it' --due tomorrow", CONFLICT, "There is a step discharge-plan already"),
        ("P call-gp 'Call the GP' --due tomorrow --owner gardener", INVALID, "Invalid value for '--owner'"),
        ("P call-gp 'Call the GP' --due tomorrow --kind party", INVALID, "Invalid value for '--kind'"),
        ("P call-gp 'Call the GP' --due tomorrow --kind silence", INVALID, "cannot be added by hand"),
        ("P call-gp 'Call the GP' --due tomorrow --ladder rope", NOT_FOUND, "There is no ladder rope"),
        ("P call-gp 'Call the GP' --due tomorrow --as peer-1", NOT_ALLOWED, "A peer worker cannot add a step"),
    ],
    "handover offer": [
        ("P --to coordinator-2", INVALID, "Missing option"),
        ("P --to nobody --answer-by tomorrow", NOT_FOUND, "Nobody in the staff list has the id nobody"),
        ("P --to gone-1 --answer-by tomorrow", NOT_ALLOWED, "gone-1 does not work here any more"),
        ("P --to 'not an id' --answer-by tomorrow", INVALID, "--to: an id of the staff list"),
        (f"P --to {COORDINATOR} --answer-by tomorrow", INVALID, "They are the coordinator already"),
        ("P --to coordinator-2 --answer-by yesterday", INVALID, "lies in the past"),
        ("P --to coordinator-2 --answer-by never", INVALID, "--answer-by 'never' is not a date"),
        ("P --to coordinator-2 --answer-by tomorrow --overlap-until today", INVALID, "The overlap ends before"),
        ("P --to coordinator-2 --answer-by tomorrow --as peer-1", NOT_ALLOWED, "cannot hand a transition over"),
    ],
    "handover accept": [("P", CONFLICT, "No handover is waiting for an answer.")],
    "handover decline": [("P --reason No", CONFLICT, "No handover is waiting for an answer.")],
    "handover withdraw": [
        ("P", CONFLICT, "No handover is waiting for an answer."),
        ("P --as peer-1", NOT_ALLOWED, "A peer worker cannot withdraw a handover"),
    ],
    "move-definition": [
        ("P", INVALID, "Missing argument"),
        ("P inpatient-to-comunity", INVALID, "there is no pathway of that name"),
        ("P no-such-file.yaml", INVALID, "cannot be read"),
        ("P {unsound}", INVALID, "unsound.yaml"),
        ("P inpatient-to-community", CONFLICT, "runs by that definition already"),
        ("P camhs-to-adult", INVALID, "this transition is on inpatient-to-community"),
        ("P camhs-to-adult --preview", INVALID, "this transition is on inpatient-to-community"),
        ("P inpatient-to-community --as peer-1", NOT_ALLOWED, "cannot move a transition"),
    ],
    "exit": [
        ("P", INVALID, "Missing argument"),
        ("P vanished", NOT_FOUND, "has no exit vanished"),
        ("P settled", CONFLICT, "once review-6-months is done, and it is not"),
        ("P readmitted", CONFLICT, "when the milestone readmitted is recorded"),
        ("P moved-away --as peer-1", NOT_ALLOWED, "A peer worker cannot close a transition"),
    ],
}


async def anybody(here: Place) -> Followed:
    """Somebody on the pathway for some days, among staff who may do little, or who have left."""
    roles = {"peer-1": Role.PEER_WORKER, "privacy-1": Role.PRIVACY_OFFICER, "gone-1": Role.COORDINATOR}
    await upsert_staff(
        here.pool,
        [
            StaffMember(id=name, name=f"Staff {name}", role=role, team="North", active=name != "gone-1")
            for name, role in roles.items()
        ],
    )
    return await here.take_on(inpatient(), started=ago(days=3), facts={"peer_support": "accepted"})


def is_a_sentence(ended: Ended, code: int, piece: str) -> None:
    """It ended with the code and said the piece; for a person, not for a programmer."""
    said = " ".join(ended.err.replace("│", " ").split())
    assert (ended.code, ended.out) == (code, ""), ended
    assert piece in said
    assert "Traceback" not in said
    assert "Featherstonehaugh" not in said
    of_a_file = re.match(r"[\w./-]+(:\d+)?: ", said)  # told as compilers do, so that editors find the place
    assert said.startswith("Usage:") or of_a_file or said.endswith("."), said


@pytest.mark.parametrize("command", BAD)
async def test_bad_input_gets_a_sentence_and_changes_nothing(here: Place, tmp_path: Path, command: str) -> None:
    person = await anybody(here)
    unsound = tmp_path / "unsound.yaml"
    unsound.write_text("id: inpatient-to-community\ntitle: No steps at all\n")
    before = await person.records()
    cases = [(typed.replace("{rest}", SOUND[command]), code, piece) for typed, code, piece in ANYBODY]
    for typed, code, piece in BAD[command] + cases:
        words = [{"P": person.id, "{unsound}": str(unsound)}.get(word, word) for word in shlex.split(typed)]
        is_a_sentence(await alongside(*command.split(), *words), code, piece)
        assert await person.commits() == [(1, "start")], typed
    assert await person.records() == before


async def test_an_id_that_may_be_several_is_refused(here: Place) -> None:
    person = await anybody(here)
    ended = await alongside("complete", person.id[:3], "discharge-plan")
    is_a_sentence(ended, NOT_FOUND, "at least the first 4 characters")


async def test_only_the_one_who_was_asked_answers(here: Place) -> None:
    person = await anybody(here)
    await alongside("handover", "offer", person.id, "--to", "coordinator-2", "--answer-by", "tomorrow")
    before = await person.records()
    for who in (COORDINATOR, "lead-1"):
        ended = await alongside("handover", "accept", person.id, "--as", who)
        is_a_sentence(ended, NOT_ALLOWED, "Only the coordinator who was asked can answer.")
    ended = await alongside("handover", "decline", person.id, "--as", "coordinator-2")
    is_a_sentence(ended, INVALID, "Say why")
    ended = await alongside("handover", "offer", person.id, "--to", "lead-1", "--answer-by", "tomorrow")
    is_a_sentence(ended, CONFLICT, "A handover is already offered")
    assert await person.records() == before


WHO = "--local-id AL-9 --given-name Clementine --family-name Featherstonehaugh --born 1990-05-04"
ALONG = f"--pathway inpatient-to-community --coordinator {COORDINATOR}"
SOON = (datetime.now(LONDON) + timedelta(days=2)).date().isoformat()
STARTS: list[Case] = [
    ("", INVALID, "Missing option"),
    (f"{WHO} --pathway inpatient-to-community", INVALID, "Missing option"),
    (f"{WHO} {ALONG} --as ''", INVALID, "Say who is acting"),
    (f"{WHO} {ALONG} --as nobody", NOT_FOUND, "Nobody in the staff list has the id nobody"),
    (f"{WHO} {ALONG} --as gone-1", NOT_ALLOWED, "gone-1 does not work here any more"),
    (f"{WHO} {ALONG} --id 'no id'", INVALID, "--id: letters, digits"),
    (f"{WHO} --pathway inpatient-to-community --coordinator nobody", NOT_FOUND, "has the id nobody"),
    (f"{WHO} --pathway inpatient-to-community --coordinator gone-1", NOT_ALLOWED, "does not work here any more"),
    (f"{WHO} --pathway no-such-path --coordinator {COORDINATOR}", INVALID, "there is no pathway of that name"),
    (f"{WHO} {ALONG} --nhs-number 9990046213", INVALID, "NHS number fails its check digit."),
    (f"{WHO} {ALONG} --nhs-number 12", INVALID, "NHS number has two digits."),
    (f"{WHO} {ALONG} --born {SOON}", INVALID, "The date of birth lies after the start."),
    (f"{WHO} {ALONG} --born 1990-02-30", INVALID, "--born '1990-02-30' does not exist"),
    (f"{WHO} {ALONG} --born '1990-02-03 10:00'", INVALID, "give the day alone"),
    (f"{WHO} {ALONG} --local-id 'A 1'", INVALID, "--local-id: letters, digits"),
    (f"{WHO} {ALONG} --given-name ' '", INVALID, "--given-name: between 1 and 200 characters"),
    (f"{WHO} {ALONG} --started {SOON}", INVALID, "A transition cannot start in the future."),
    (f"{WHO} {ALONG} --started once", INVALID, "--started 'once' is not a date"),
    (f"{WHO} {ALONG} --fact section_117", INVALID, "--fact 'section_117' is not understood"),
    (f"{WHO} {ALONG} --fact colour=blue", NOT_FOUND, "has no fact colour"),
    (f"{WHO} {ALONG} --fact section_117=perhaps", INVALID, "section_117 is either true or false."),
    (f"{WHO} {ALONG} --fact bed_class=200 --fact bed_class=201", INVALID, "bed_class has one value"),
    (f"{WHO} {ALONG} --expected graduated={SOON}", NOT_FOUND, "graduated"),
    (f"{WHO} {ALONG} --expected discharged=soon", INVALID, "--expected discharged 'soon' is not a date"),
    (f"{WHO} {ALONG} --expected discharged", INVALID, "write it MILESTONE=DATE"),
    (f"{WHO} {ALONG} --milestone discharged={SOON}", INVALID, "must lie between the start and now"),
    (f"{WHO} {ALONG} --milestone discharged=2020-01-01", INVALID, "must lie between the start and now"),
    (f"{WHO} {ALONG} --milestone graduated=yesterday", NOT_FOUND, "graduated"),
    (f"{WHO} {ALONG} --division wales", INVALID, "Invalid value for '--division'"),
]


async def test_nobody_is_taken_on_by_bad_input(here: Place) -> None:
    await anybody(here)
    before = await here.pool.fetch("SELECT id::text FROM people UNION ALL SELECT id::text FROM transitions")
    for typed, code, piece in STARTS:
        is_a_sentence(await alongside("start", *shlex.split(typed)), code, piece)
        now = await here.pool.fetch("SELECT id::text FROM people UNION ALL SELECT id::text FROM transitions")
        assert now == before, typed


COVERS: list[Case] = [
    (COORDINATOR, INVALID, "Missing option"),
    (f"{COORDINATOR} --by {COORDINATOR} --from today --until tomorrow", INVALID, "Nobody stands in for themselves"),
    (f"{COORDINATOR} --by coordinator-2 --from tomorrow --until yesterday", INVALID, "ends before it starts"),
    (f"{COORDINATOR} --by coordinator-2 --from tomorrow --until 2026-02-31", INVALID, "does not exist"),
    (f"{COORDINATOR} --by nobody --from today --until tomorrow", NOT_FOUND, "has the id nobody"),
    ("nobody --by coordinator-2 --from today --until tomorrow", NOT_FOUND, "has the id nobody"),
    (f"{COORDINATOR} --by gone-1 --from today --until tomorrow", NOT_ALLOWED, "gone-1 does not work here any more"),
    (f"{COORDINATOR} --by 'no id' --from today --until tomorrow", INVALID, "--by: an id of the staff list"),
]


async def test_nobody_stands_in_by_bad_input(here: Place) -> None:
    await anybody(here)
    for typed, code, piece in COVERS:
        is_a_sentence(await alongside("cover", *shlex.split(typed)), code, piece)
    assert await here.pool.fetchval("SELECT count(*) FROM cover") == 0


def test_what_temporal_refuses_is_a_sentence() -> None:
    stop = expected(RPCError("WorkflowId length exceeds limit.", RPCStatusCode.INVALID_ARGUMENT, b""))
    said = "Temporal did not do what it was asked (WorkflowId length exceeds limit). See `alongside doctor`."
    assert (stop.message, stop.exit_code) == (said, 1)
