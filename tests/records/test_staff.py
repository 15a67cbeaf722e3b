"""The staff list, imported and edited: what is refused, what the history keeps, and both halves of a job share."""

import csv
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from asyncpg import Pool, Record

from planner.refused import Refused
from records import feeds, policy, staff, staff_checks, staff_edit
from records.errors import RecordsError, UnknownStaff
from records.staff_file import COLUMNS, OPTIONAL, read_staff
from schemas.caseload import StaffList
from schemas.codes import Role
from schemas.staff import StaffMember
from schemas.workforce import Policy

PEER = {"id": "peer-1", "name": "Ada", "role": "peer-worker", "team": "North", "hours_per_week": "4"}
LEAD = StaffMember(id="lead", name="Lea", role=Role.TEAM_LEAD, team="North")
ONE, TWO, THREE = (
    StaffMember(
        id=f"peer-{n}", name="Ada", role=Role.PEER_WORKER, team="North", hours_per_week=4, works="tue 10:00-14:00"
    )
    for n in (1, 2, 3)
)


def read(tmp_path: Path, *rows: dict[str, str], here: tuple[StaffMember, ...] = (), optional: bool = True) -> StaffList:
    """What becomes of these rows, where some staff are here already."""
    file = tmp_path / "staff.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, [*COLUMNS, *(OPTIONAL if optional else ())])
        writer.writeheader()
        writer.writerows(rows)
    return read_staff(file, {member.id: member for member in here})


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"works": "weekdays"}, "works: 'weekdays' is no working time: write it as mon-fri 09:00-17:00"),
        ({"works": "tue 14:00-10:00"}, "works: 14:00-10:00 ends before it begins"),
        ({"works": "tue 10:00-18:00", "hours_per_week": "20"}, "contracted 20 h but the pattern holds 8 h"),
        ({"hours_per_week": "0"}, "hours_per_week: a number from 0.1 to 37.5"),
        ({"hours_per_week": "37.6"}, "hours_per_week: a number from 0.1 to 37.5"),
        ({"line_manager": "nobody"}, "line_manager: nobody is neither an id of the staff list nor a role"),
        ({"role_supervisor": "x", "wellbeing_supervisor": "y"}, "wellbeing_supervisor: y is neither"),
        ({"job_share": "peer-9"}, "job_share: peer-9 is not in the staff list"),
        ({"job_share": "peer-1"}, "job_share: nobody shares a post with themselves"),
        ({"job_share": "two words"}, "job_share: the id of who shares the post"),
    ],
)
def test_a_row_that_cannot_be_is_refused_in_a_sentence(tmp_path: Path, change: dict[str, str], detail: str) -> None:
    found = read(tmp_path, PEER | change)
    assert found.sound == []
    assert detail in found.refused[0].detail
    assert (found.refused[0].row, found.refused[0].local_id) == (2, "peer-1")


def test_a_row_is_read_as_it_is_meant(tmp_path: Path) -> None:
    row = {"works": "mon 09:00-11:00; wed 09:00-11:00", "line_manager": "team-lead", "role_supervisor": "peer-2"}
    (member,) = read(tmp_path, PEER | row | {"wellbeing_supervisor": "lead"}, here=(LEAD, TWO)).sound
    assert (member.line_manager, member.role_supervisor) == ("team-lead", "peer-2")
    assert member.hours_per_week == 4


def test_hours_and_minutes_written_as_a_decimal_are_no_mistake() -> None:
    member = ONE.model_copy(update={"hours_per_week": 6.67, "works": "tue 09:00-15:40"})
    assert staff_checks.own(member) == {}


def test_somebody_whose_manager_was_refused_still_comes_in(tmp_path: Path) -> None:
    boss = {"id": "boss", "name": "Bo", "role": "team-lead", "email": "nowhere"}
    found = read(tmp_path, PEER | {"line_manager": "boss"}, boss)
    assert ([one.id for one in found.sound], [one.local_id for one in found.refused]) == (["peer-1"], ["boss"])


def test_a_job_share_has_both_its_halves(tmp_path: Path) -> None:
    half, other = PEER | {"job_share": "peer-2"}, PEER | {"id": "peer-2", "job_share": "peer-1"}
    assert [one.job_share for one in read(tmp_path, half, other).sound] == ["peer-2", "peer-1"]
    for wrong, why in [
        (other | {"job_share": ""}, "does not say that they share"),
        (other | {"team": "South"}, "another role or team"),
        (other | {"role": "coordinator"}, "another role or team"),
        (other | {"works": "never"}, "peer-2 is not in the staff list"),
    ]:
        found = read(tmp_path, half, wrong)
        assert "peer-1" not in [one.id for one in found.sound]
        assert why in next(one.detail for one in found.refused if one.local_id == "peer-1")


def test_without_the_column_a_job_share_stays(tmp_path: Path) -> None:
    here = (ONE.model_copy(update={"job_share": "peer-2"}), TWO.model_copy(update={"job_share": "peer-1"}))
    row = PEER | {"works": "tue 10:00-14:00"}
    assert read(tmp_path, row, here=here, optional=False).sound[0].job_share == "peer-2"
    assert "peer-2 shares a post with peer-1, who does not say so" in read(tmp_path, row, here=here).refused[0].detail
    assert (
        "another role or team" in read(tmp_path, row | {"team": "South"}, here=here, optional=False).refused[0].detail
    )


@pytest.fixture
async def here(pool: "Pool[Record]") -> "Pool[Record]":
    """Records with a lead and three peer workers."""
    await staff.upsert_staff(pool, [LEAD, ONE, TWO, THREE], actor="import")
    return pool


async def test_the_history_has_every_change_and_who_made_it(here: "Pool[Record]") -> None:
    before = datetime.now(UTC)
    await staff_edit.change(here, "peer-1", {"hours_per_week": "3.5", "languages": ["en"]}, "lead")
    await staff_edit.change(here, "peer-1", {"hours_per_week": "3.5"}, "lead")  # changes nothing, so nothing is kept
    entered, changed = await staff.history(here, "peer-1")
    assert (entered.by, entered.was, entered.is_now["name"]) == ("import", {}, "Ada")
    assert changed.by == "lead"
    assert changed.was == {"hours_per_week": 4.0, "languages": []}
    assert changed.is_now == {"hours_per_week": 3.5, "languages": ["en"]}
    assert before <= changed.at <= datetime.now(UTC)
    await here.execute("UPDATE staff SET name = 'Bea' WHERE id = 'peer-1'")
    assert [(one.by, one.is_now) for one in await staff.history(here, "peer-1")][2:] == [(None, {"name": "Bea"})]
    with pytest.raises(UnknownStaff):
        await staff.history(here, "stranger")
    with pytest.raises(asyncpg.RestrictViolationError, match="only added to"):
        await here.execute("DELETE FROM staff_history")


@pytest.mark.parametrize("role", list(Role))
async def test_only_some_roles_may_change_it(here: "Pool[Record]", role: Role) -> None:
    await staff.upsert_staff(here, [StaffMember(id="who", name="Who", role=role)])
    if role in {Role.TEAM_LEAD, Role.PEER_LEAD, Role.SERVICE_MANAGER, Role.ADMINISTRATOR}:
        assert (await staff_edit.change(here, "peer-1", {"name": "Bea"}, "who")).name == "Bea"
        await staff_edit.leave(here, "who", "who")
    with pytest.raises(Refused) as refused:
        await staff_edit.change(here, "peer-1", {"name": "Cleo"}, "who")
    assert refused.value.kind == "not-allowed"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"works": "tue 10:00-13:00"}, "contracted 4 h but the pattern holds 3 h"),
        ({"works": "soon"}, "is no working time"),
        ({"hours_per_week": "40"}, "a number from 0.1 to 37.5"),
        ({"line_manager": "nobody"}, "neither an id of the staff list nor a role"),
        ({"job_share": "stranger"}, "stranger is not in the staff list"),
        ({"job_share": "lead"}, "another role or team"),
        ({"team": "Norht"}, "there is no team 'Norht', only North"),
        ({"job_share": "peer-1"}, "nobody shares a post with themselves"),
    ],
)
async def test_an_edit_is_checked_like_a_row(here: "Pool[Record]", changes: dict[str, Any], why: str) -> None:
    with pytest.raises(RecordsError, match=why) as refused:
        await staff_edit.change(here, "peer-1", changes, "lead")
    assert refused.value.kind == "invalid"
    assert await staff.everybody(here, team="North", role=Role.PEER_WORKER) == [ONE, TWO, THREE]


async def shares(pool: "Pool[Record]") -> dict[str, str | None]:
    """Who shares with whom."""
    return {one.id: one.job_share for one in await staff.everybody(pool, role=Role.PEER_WORKER)}


async def test_a_job_share_is_set_and_ended_of_both(here: "Pool[Record]") -> None:
    await staff_edit.change(here, "peer-1", {"job_share": "peer-2"}, "lead")
    assert await shares(here) == {"peer-1": "peer-2", "peer-2": "peer-1", "peer-3": None}
    with pytest.raises(RecordsError, match="peer-2 shares a post with peer-1: end that first") as refused:
        await staff_edit.change(here, "peer-3", {"job_share": "peer-2"}, "lead")
    assert refused.value.kind == "conflict"
    with pytest.raises(RecordsError, match="another role or team"):
        await staff_edit.change(here, "peer-1", {"team": None}, "lead")
    await staff_edit.change(here, "peer-1", {"job_share": "peer-3"}, "lead")
    assert await shares(here) == {"peer-1": "peer-3", "peer-2": None, "peer-3": "peer-1"}
    await staff_edit.change(here, "peer-3", {"job_share": None}, "lead")
    assert set((await shares(here)).values()) == {None}


async def test_who_leaves_shares_nothing_and_reads_nothing(here: "Pool[Record]") -> None:
    await staff_edit.change(here, "peer-1", {"job_share": "peer-2"}, "lead")
    await staff_edit.change(here, "peer-3", {"line_manager": "peer-1"}, "lead")
    token = await feeds.create(here, "peer-1")
    assert await staff_edit.leave(here, "peer-1", "lead") == ["peer-3"]
    assert await shares(here) == {"peer-2": None, "peer-3": None}
    with pytest.raises(RecordsError, match="no calendar at this address"):
        await feeds.calendar(here, token)
    with pytest.raises(RecordsError, match="has left already"):
        await staff_edit.leave(here, "peer-1", "lead")
    with pytest.raises(RecordsError, match="does not work here any more"):
        await staff_edit.change(here, "peer-1", {"name": "Bea"}, "lead")
    assert (await staff.history(here, "peer-1"))[-1].is_now == {"active": False, "job_share": None}
    assert (await staff_edit.change(here, "peer-3", {"name": "Cleo"}, "lead")).line_manager == "peer-1"


async def test_a_team_goes_by_the_services_policy_until_it_settles_its_own(here: "Pool[Record]") -> None:
    assert await policy.policy(here, "North") == Policy()
    assert await policy.policy(here, "Nowhere") == Policy()
    said = {"travel_minutes": "35", "warm_handover": "true", "people_per_full_time": "12.5"}
    settled = await policy.settle(here, "North", said, "lead")
    assert settled == Policy(travel_minutes=35, warm_handover=True, people_per_full_time=12.5)
    assert await policy.policy(here, "North") == settled
    await policy.settle(here, "North", {"travel_minutes": "default", "contact_minutes": "45"}, "lead")
    assert await policy.own(here, "North") == {
        "contact_minutes": 45, "people_per_full_time": 12.5, "warm_handover": True,
    }  # fmt: skip
    first, second = await policy.history(here, "North")
    assert (first.by, first.was, first.is_now["travel_minutes"]) == ("lead", {}, 35)
    assert (second.was, second.is_now) == ({"travel_minutes": 35}, {"contact_minutes": 45})


@pytest.mark.parametrize(
    ("said", "kind", "why"),
    [
        ({"travel_minutes": "1000"}, "invalid", "travel_minutes '1000': input should be less than or equal to 480"),
        ({"warm_handover": "perhaps"}, "invalid", "warm_handover 'perhaps'"),
        ({"tea_minutes": "5"}, "invalid", "tea_minutes is nothing to settle: there are contact_minutes"),
        ({"tea_minutes": "default"}, "invalid", "tea_minutes is nothing to settle"),
    ],
)
async def test_what_a_team_cannot_settle(here: "Pool[Record]", said: dict[str, str], kind: str, why: str) -> None:
    with pytest.raises(RecordsError) as refused:
        await policy.settle(here, "North", {"contact_minutes": "50"} | said, "lead")
    assert (refused.value.kind, why in refused.value.message) == (kind, True)
    assert await policy.own(here, "North") == {}


async def test_a_policy_needs_a_team_and_somebody_who_may(here: "Pool[Record]") -> None:
    with pytest.raises(RecordsError, match="There is no team 'Nowhere'"):
        await policy.settle(here, "Nowhere", {"contact_minutes": "50"}, "lead")
    with pytest.raises(Refused, match="peer-1 is peer worker"):
        await policy.settle(here, "North", {"contact_minutes": "50"}, "peer-1")
    assert await staff.teams(here) == ["North"]


def test_the_documentation_has_every_column_in_its_order() -> None:
    text = (Path(__file__).parents[2] / "docs" / "staff.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == [*COLUMNS, *OPTIONAL]
