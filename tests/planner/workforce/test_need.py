"""What a journey asks of peer workers in the weeks to come is what will be due when they have come."""

from datetime import UTC, date, datetime, timedelta

from pathways.loader import find
from planner import journey as planner
from planner.turn import Outcome
from planner.workforce.hours import week_of
from planner.workforce.need import need
from schemas.command import ChangeFacts, PutOnHold, Start
from schemas.journey import FactValue

T0 = datetime(2027, 2, 1, 10, tzinfo=UTC)
"""A Monday."""
PATHWAY = find("inpatient-to-community")


def discharged(**facts: FactValue) -> Outcome:
    """Somebody who was discharged this morning."""
    start = Start(
        id="start",
        transition_id="00000000-0000-4000-8000-000000000000",
        at=T0,
        started=T0 - timedelta(weeks=8),
        facts={"peer_support": "accepted", **facts},
        milestones={"discharged": T0 - timedelta(hours=1)},
    )
    return planner.start(PATHWAY, start)


def test_the_first_month_asks_for_a_contact_a_week() -> None:
    found = need(PATHWAY, discharged().journey, T0, 8)
    # Four weekly ones, each due at the end of a Monday; the drop-in in the third week; the first monthly one in week 9.
    assert found == {date(2027, 2, 8): 1, date(2027, 2, 15): 2, date(2027, 2, 22): 1, date(2027, 3, 1): 1}


def test_nothing_is_asked_of_somebody_who_declined_or_is_on_hold() -> None:
    journey = discharged().journey
    declined = planner.decide(PATHWAY, journey, ChangeFacts(id="1", at=T0, facts={"peer_support": "declined"})).journey
    held = planner.decide(PATHWAY, journey, PutOnHold(id="2", at=T0, reason="Away with family")).journey
    assert need(PATHWAY, declined, T0, 8) == need(PATHWAY, held, T0, 8) == {}


def test_the_journey_itself_stays_as_it_is() -> None:
    journey = discharged().journey
    before = journey.model_dump_json()
    need(PATHWAY, journey, T0, 26)
    assert journey.model_dump_json() == before


def test_all_that_is_asked_lies_in_the_weeks() -> None:
    found = need(PATHWAY, discharged().journey, T0, 3)
    assert all(week_of(T0) <= week < week_of(T0) + timedelta(weeks=4) for week in found)
