"""Dates as people write them: what each form means, and which cannot be."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from cli import dates
from cli.errors import Stop

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
SUMMER = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
Reading = Callable[[str, str, datetime], datetime | None]


def utc(text: str) -> datetime:
    """An instant of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-26 14:05", "2026-11-26T14:05"),
        ("2026-11-26T14:05", "2026-11-26T14:05"),
        ("26/11/2026 14:05", "2026-11-26T14:05"),
        ("1/7/2026 9:05", "2026-07-01T08:05"),
        ("2026-11-26T14:05:30", "2026-11-26T14:05:30"),
        ("2026-11-26T14:05+02:00", "2026-11-26T12:05"),
        ("2026-11-26 14:05 -0500", "2026-11-26T19:05"),
        ("2026-07-01T14:05Z", "2026-07-01T14:05"),
        ("14:05", "2026-11-23T14:05"),
        ("today 09:00", "2026-11-23T09:00"),
        ("Yesterday 9:00", "2026-11-22T09:00"),
        (" tomorrow 09:00 ", "2026-11-24T09:00"),
        ("2026-10-25 00:30", "2026-10-24T23:30"),
        ("2026-10-25 01:30", "2026-10-25T00:30"),
        ("2026-10-25 02:00", "2026-10-25T02:00"),
        ("2026-10-25T01:30+00:00", "2026-10-25T01:30"),
        ("2026-03-29 00:59", "2026-03-29T00:59"),
        ("2026-03-29 02:00", "2026-03-29T01:00"),
    ],
)
@pytest.mark.parametrize("read", [dates.happened, dates.begins, dates.ends])
def test_a_time_means_itself_whatever_it_is_for(read: Reading, text: str, at: str) -> None:
    assert read("--at", text, NOW) == utc(at)


@pytest.mark.parametrize(
    ("read", "text", "at"),
    [
        (dates.begins, "2026-11-26", "2026-11-26T00:00"),
        (dates.begins, "26/11/2026", "2026-11-26T00:00"),
        (dates.begins, "2026-07-01", "2026-06-30T23:00"),
        (dates.begins, "tomorrow", "2026-11-24T00:00"),
        (dates.ends, "2026-11-26", "2026-11-27T00:00"),
        (dates.ends, "2026-10-25", "2026-10-26T00:00"),
        (dates.ends, "2026-03-28", "2026-03-29T00:00"),
        (dates.ends, "2026-03-29", "2026-03-29T23:00"),
        (dates.ends, "today", "2026-11-24T00:00"),
        (dates.happened, "2026-11-20", "2026-11-20T12:00"),
        (dates.happened, "yesterday", "2026-11-22T12:00"),
        (dates.happened, "01/07/2026", "2026-07-01T11:00"),
        (dates.happened, "today", "2026-11-23T12:00"),
        (dates.happened, "tomorrow", "2026-11-24T12:00"),
    ],
)
def test_a_day_alone_means_what_it_is_for(read: Reading, text: str, at: str) -> None:
    assert read("--at", text, NOW) == utc(at)


def test_before_noon_what_happened_today_happened_by_now() -> None:
    assert dates.happened("--at", "today", SUMMER) is None
    assert dates.happened("--at", None, SUMMER) is None


def test_today_is_the_day_of_london() -> None:
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # half past midnight in London
    assert dates.begins("--from", "today", late) == utc("2026-06-30T23:00")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not a date"),
        ("soon", "is not a date"),
        ("26.11.2026", "is not a date"),
        ("26/11/26", "is not a date"),
        ("2026-11", "is not a date"),
        ("2026-11-26 morning", "is not a date"),
        ("2026-11-26 +02:00", "is not a date"),
        ("2026-11-26T14", "is not a date"),
        ("12026-11-26", "is not a date"),
        ("-1", "is not a date"),
        ("next week", "is not a date"),
        ("２０２６-11-26", "is not a date"),
        ("2026-02-30", "does not exist"),
        ("31/11/2026", "does not exist"),
        ("11/26/2026", "does not exist"),
        ("2027-02-29", "does not exist"),
        ("0000-01-01", "does not exist"),
        ("2026-11-26 24:00", "does not exist"),
        ("2026-11-26 14:60", "does not exist"),
        ("25:00", "does not exist"),
        ("2026-03-29 01:30", "the clocks go forward over that hour"),
        ("2027-03-28T01:00", "the clocks go forward over that hour"),
        ("2026-11-26 14:05+15:00", "is in no time zone"),
        ("2026-11-26 14:05+01:60", "is in no time zone"),
        ("1899-12-31", "is too far away"),
        ("2200-01-01", "is too far away"),
        ("9999-12-31", "is too far away"),
    ],
)
def test_what_cannot_be_gets_a_sentence(text: str, why: str) -> None:
    for read in (dates.happened, dates.begins, dates.ends):
        with pytest.raises(Stop) as refused:
            read("--until", text, NOW)
        assert refused.value.exit_code == 2
        assert refused.value.message.startswith("--until ")
        assert why in refused.value.message
        assert refused.value.message.endswith(".")


def test_a_date_of_birth_is_a_day() -> None:
    assert dates.birth("--born", "04/05/1990", NOW) == date(1990, 5, 4)
    with pytest.raises(Stop, match="give the day alone"):
        dates.birth("--born", "1990-05-04 12:00", NOW)
