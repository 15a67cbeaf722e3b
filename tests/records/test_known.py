"""How people wish to be called and what they share is kept with who recorded it; whose word moved a date is found."""

import pytest
from asyncpg import PostgresError

from records import known, moves
from records.errors import RecordsError
from records.staff import upsert_staff
from schemas.command import SetDue
from tests.records.journeys import MANAGERS, begin, complete, day, team_of
from workers.client import Pool


async def test_what_was_said_last_holds_and_what_was_said_before_is_kept(pool: Pool) -> None:
    await upsert_staff(pool, [*team_of("k"), *MANAGERS])
    one = (await begin(pool, "coord-k")).journey.transition_id
    assert await known.read(pool, one) == known.Known()
    first = [known.Share.STEPS, known.Share.DATES, known.Share.DATES]
    await known.write(pool, one, known_as=" Addy ", shares=first, staff="coord-k", now=day(1))
    await known.write(pool, one, known_as="  ", shares=[], staff="other-k", now=day(2))
    found = await known.read(pool, one)
    assert (found.known_as, found.shares, found.at, found.by) == (None, [], day(2), "Other-K")
    kept = await pool.fetch("""
        SELECT a.staff, sealed_of(a.person_id, k.wrapped, 'agreed known_as', a.known_as), a.shares
        FROM agreements a JOIN person_keys k USING (person_id) ORDER BY at
    """)
    assert [tuple(row) for row in kept] == [("coord-k", "Addy", ["dates", "steps"]), ("other-k", None, [])]
    with pytest.raises(PostgresError, match="only added to"):
        await pool.execute("UPDATE agreements SET shares = '{facts}'")


async def test_what_cannot_be_is_refused(pool: Pool) -> None:
    await upsert_staff(pool, [*team_of("k"), *MANAGERS])
    one = (await begin(pool, "coord-k")).journey.transition_id
    for name in ("A" * 81, "A\nB", "A\x00"):
        with pytest.raises(RecordsError, match="one line"):
            await known.write(pool, one, known_as=name, shares=[], staff="coord-k", now=day(1))
    nobody = "00000000-0000-0000-0000-000000000000"
    with pytest.raises(RecordsError, match="No such transition"):
        await known.write(pool, nobody, known_as="Addy", shares=[], staff="coord-k", now=day(1))
    with pytest.raises(RecordsError, match="No such transition"):
        await known.read(pool, nobody)


async def test_whose_word_moved_a_date(pool: Pool) -> None:
    await upsert_staff(pool, [*team_of("k"), *MANAGERS])
    told = await begin(pool, "coord-k")
    one = told.journey.transition_id
    assert await moves.moves(pool, one) == {}
    before = told.journey.steps["plan"].due
    by = {"staff": "coord-k", "role": "coordinator"}
    for number, due in enumerate((day(9), day(8)), 1):
        said = {"id": f"s{number}", "at": day(number), "by": by, "step": "plan", "due": due, "reason": f"why {number}"}
        told = await told.tell(SetDue.model_validate(said))
        (moved,) = (await moves.moves(pool, one)).values()
        expected = ("plan", before, day(number), "coord-k", "set-due", f"why {number}")
        assert (moved.step, moved.was, moved.at, moved.staff, moved.command, moved.reason) == expected
        before = due
    await told.tell(complete("plan", day(3)))
    assert (await moves.moves(pool, one))["plan"].was == day(9)
