"""What people wrote on charts: it stands where it was written, says why, and is withdrawn, never changed."""

from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg
import pytest
from asyncpg import Pool

from planner.spc import Baseline
from records import chart_marks
from records.chart_marks import MarkKind
from records.errors import RecordsError
from records.staff import upsert_staff
from schemas.codes import Role
from schemas.staff import StaffMember

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
SPRING = date(2026, 3, 1)
TEAM = "FIRST outreach"


@pytest.fixture(autouse=True)
async def a_manager(pool: Pool) -> None:
    """Somebody who writes on charts."""
    await upsert_staff(pool, [StaffMember(id="manager", name="Ada", role=Role.SERVICE_MANAGER, team=TEAM)])


async def write(
    pool: Pool, kind: MarkKind = MarkKind.BASELINE, text: str = "More beds", team: str | None = None
) -> chart_marks.Mark:
    """Write on the chart of a report."""
    return await chart_marks.add(pool, "waits", kind, SPRING, text, team=team, pathway=None, by="manager", at=NOW)


async def test_it_stands_on_the_chart_it_was_written_on_and_no_other(pool: Pool) -> None:
    mark = await write(pool)
    assert await chart_marks.marks(pool, "waits", None, None) == [mark]
    for report, team, pathway in (("waits", TEAM, None), ("waits", None, "camhs-to-adult"), ("other", None, None)):
        assert await chart_marks.marks(pool, report, team, pathway) == []


async def test_a_baseline_says_why_and_a_note_moves_no_limit(pool: Pool) -> None:
    await write(pool)
    await write(pool, MarkKind.NOTE, "New building")
    found = await chart_marks.marks(pool, "waits", None, None)
    assert chart_marks.baselines(found) == [Baseline(SPRING, "More beds")]
    with pytest.raises(RecordsError, match="Say why"):
        await write(pool, text="  ")


async def test_two_baselines_do_not_begin_on_one_day_of_one_chart(pool: Pool) -> None:
    await write(pool)
    with pytest.raises(RecordsError, match=r"A baseline begins on 1 March 2026 already"):
        await write(pool, text="Fewer beds")
    await write(pool, text="Of the team", team=TEAM)


async def test_what_is_withdrawn_is_off_the_chart_and_may_be_written_anew(pool: Pool) -> None:
    mark = await write(pool)
    await chart_marks.withdraw(pool, mark.id, "manager", NOW)
    assert await chart_marks.marks(pool, "waits", None, None) == []
    with pytest.raises(RecordsError, match="No such mark"):
        await chart_marks.withdraw(pool, mark.id, "manager", NOW)
    await write(pool, text="Better said")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE chart_marks SET text = 'Other' WHERE id = $1", "DELETE FROM chart_marks WHERE id = $1"],
)
async def test_nobody_changes_what_was_written(pool: Pool, statement: str) -> None:
    mark: UUID = (await write(pool)).id
    with pytest.raises(asyncpg.RestrictViolationError):
        await pool.execute(statement, mark)
