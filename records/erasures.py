"""What is kept of a person, destroyed: who asked, who approved, and the certificate that stays.

Each step done again changes nothing and answers the same.
"""

import json
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from planner import words
from planner.clock import local_day
from planner.policy import MAY, Action
from planner.retention import BECOMES, LAPSES_AFTER, Periods, is_so, may_ask
from records.actors import may_or_refuse
from records.database import Database, Link, connected, transaction
from records.errors import RecordsError
from records.listings import AFTER_ALL, page_of, place_after
from records.person_keys import destroy_key
from records.privacy_alerts import tell
from records.retention import by_local_id, person
from records.views import Page
from schemas.base import Stored
from schemas.erasing import WHY_WORDS, Became, RefusedFor, Rule, Verdict, Why
from schemas.retention import Decided, Erased, ErasureState

LIMIT = 100
DECIDING = MAY[Action.APPROVE_ERASURE]
"""Who is told that somebody asks, and that nobody decided."""

ASK = """
-- Somebody asks that what is kept of a person is destroyed.
INSERT INTO erasures (id, person_id, why, rule, kept_until, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
HOLD_PERSON = """
-- A person, kept from whoever would enter them again until this transaction ends.
SELECT id FROM people_sealed WHERE id = $1 FOR UPDATE
"""
_ERASURE = """
SELECT e.id::text AS id, e.person_id::text AS person_id,
    CASE WHEN k.destroyed_at IS NULL THEN p.local_id END AS local_id, e.why, e.rule, e.kept_until, e.asked_by,
    coalesce(a.name, e.asked_by) AS asked_by_name, e.asked_at, e.became, e.decided_by,
    coalesce(d.name, e.decided_by) AS decided_by_name, e.decided_at, e.refused_for, e.ended_at,
    c.id::text AS certificate_id
FROM erasures e JOIN people p ON p.id = e.person_id LEFT JOIN person_keys k ON k.person_id = e.person_id
LEFT JOIN staff a ON a.id = e.asked_by
LEFT JOIN staff d ON d.id = e.decided_by LEFT JOIN erasure_certificates c ON c.erasure_id = e.id"""
ONE = f"""
-- What was asked for, and what became of it.{_ERASURE}
WHERE e.id = $1
"""
OPEN_OF = f"""
-- What is asked for a person and not done with.{_ERASURE}
WHERE e.person_id = $1 AND e.became IN ('asked', 'approved')
"""
LATEST = f"""
-- What was asked for, the latest first.{_ERASURE}
WHERE (e.asked_at, e.id) < ($1, $2) ORDER BY e.asked_at DESC, e.id DESC LIMIT $3
"""
UNDER_WAY = """
-- What is not done with.
SELECT id::text AS erasure_id, asked_by, asked_at, became FROM erasures
WHERE became IN ('asked', 'approved') ORDER BY asked_at, id
"""
DECIDE = """
-- It is decided; what was decided before stays.
UPDATE erasures SET became = $2, decided_by = $3, decided_at = greatest($4, asked_at), refused_for = $5,
    ended_at = CASE WHEN $2 <> 'approved' THEN greatest($4, asked_at) END
WHERE id = $1 AND became = 'asked' RETURNING id
"""
LAPSE = """
-- Nobody decided in time.
UPDATE erasures SET became = 'lapsed', ended_at = greatest($2, asked_at) WHERE id = $1 AND became = 'asked' RETURNING id
"""
END = """
-- What was approved is done, or they came back before it was.
UPDATE erasures SET became = $2, ended_at = greatest($3, decided_at) WHERE id = $1 AND became = 'approved'
"""
FOLLOWED = """
-- Whether somebody is followed, or entered again for something that an erasure does not know of.
SELECT EXISTS (SELECT FROM transitions t WHERE t.person_id = $1
    AND (t.status = 'open' OR (t.status = 'registered' AND $2 <> 'never-begun')))
"""
COUNTS = """
-- How many rows of which kind are of a person.
WITH theirs AS (SELECT id FROM transitions WHERE person_id = $1)
SELECT (SELECT count(*) FROM theirs) AS transitions,
    (SELECT count(*) FROM theirs JOIN events e ON e.transition_id = theirs.id) AS events,
    (SELECT count(*) FROM theirs JOIN steps s ON s.transition_id = theirs.id) AS steps,
    (SELECT count(*) FROM theirs JOIN contacts c ON c.transition_id = theirs.id) AS contacts,
    (SELECT count(*) FROM theirs JOIN bookings b ON b.transition_id = theirs.id) AS bookings,
    (SELECT count(*) FROM theirs JOIN measures m ON m.transition_id = theirs.id) AS measures,
    (SELECT count(*) FROM theirs JOIN goals g ON g.transition_id = theirs.id) AS goals,
    (SELECT count(*) FROM theirs JOIN notices n ON n.transition_id = theirs.id) AS notices,
    (SELECT count(*) FROM agreements a WHERE a.person_id = $1) AS agreements
"""
CERTIFY = """
-- That it was done, for good.
INSERT INTO erasure_certificates (erasure_id, person_id, why, rule, kept_until, asked_by, asked_at, approved_by,
    approved_at, destroyed_at, destroyed)
SELECT e.id, e.person_id, e.why, e.rule, e.kept_until, e.asked_by, e.asked_at, e.decided_by, e.decided_at,
    greatest($2, e.decided_at), $3::text::jsonb
FROM erasures e WHERE e.id = $1 RETURNING id::text
"""
_CERTIFICATE = """
SELECT c.id::text AS id, c.person_id::text AS person_id, c.why, c.rule, c.kept_until, c.asked_by,
    coalesce(a.name, c.asked_by) AS asked_by_name, c.asked_at, c.approved_by,
    coalesce(d.name, c.approved_by) AS approved_by_name, c.approved_at, c.destroyed_at, c.destroyed::text AS destroyed,
    c.again_at
FROM certificates c LEFT JOIN staff a ON a.id = c.asked_by LEFT JOIN staff d ON d.id = c.approved_by"""
CERTIFICATE = f"""
-- One certificate.{_CERTIFICATE}
WHERE c.id = $1
"""
CERTIFICATE_OF = f"""
-- The certificate of a person.{_CERTIFICATE}
WHERE c.person_id = $1
"""
THERE = """
-- How an erasure stands, kept from others until this transaction ends.
SELECT e.person_id, e.why, e.became, c.id::text AS certificate_id
FROM erasures e LEFT JOIN erasure_certificates c ON c.erasure_id = e.id WHERE e.id = $1 FOR UPDATE OF e
"""
TRANSITIONS = """
-- The transitions of whom an erasure is about.
SELECT t.id::text FROM erasures e JOIN transitions t ON t.person_id = e.person_id WHERE e.id = $1 ORDER BY t.id
"""
VISITS = """
-- The visits to whom an erasure is about.
SELECT v.id::text FROM erasures e JOIN transitions t ON t.person_id = e.person_id
JOIN visits v ON v.transition_id = t.id WHERE e.id = $1 ORDER BY v.id
"""


class Erasure(Stored):
    """What was asked for, and what became of it. There is no `local_id` any more of somebody who was erased."""

    id: str
    person_id: str
    local_id: str | None
    why: Why
    rule: Rule
    kept_until: date | None
    asked_by: str
    asked_by_name: str
    asked_at: datetime
    became: Became
    decided_by: str | None
    decided_by_name: str | None
    decided_at: datetime | None
    refused_for: RefusedFor | None
    ended_at: datetime | None
    certificate_id: str | None

    @property
    def whose(self) -> str:
        """Whose it is, in words."""
        return self.local_id or "somebody who was erased"

    @property
    def lapses(self) -> datetime:
        """When it is over, should nobody decide."""
        return self.asked_at + LAPSES_AFTER


class Certificate(Stored):
    """What is left of an erasure; nothing of the person but the id of their row."""

    id: str
    person_id: str
    why: Why
    rule: Rule
    kept_until: date | None
    asked_by: str
    asked_by_name: str
    asked_at: datetime
    approved_by: str
    approved_by_name: str
    approved_at: datetime
    destroyed_at: datetime
    destroyed: dict[str, int]
    again_at: datetime | None = None
    """When it was done once more: they were back, because a backup from before was restored."""

    def words(self) -> list[str]:
        """What it says, in sentences."""
        counted = ", ".join(f"{count} {_counted(kind, count)}" for kind, count in self.destroyed.items() if count)
        kept = f" It was to be kept until {self.kept_until:%-d %B %Y}." if self.kept_until else ""
        again = (
            [f"A backup from before was restored, so it was destroyed again on {words.moment(self.again_at)}."]
            if self.again_at
            else []
        )
        return [
            f"Certificate {self.id}",
            f"The key of person {self.person_id} was destroyed on {words.moment(self.destroyed_at)}: what was "
            "sealed with it cannot be read any more, here or in any copy made since.",
            *again,
            f"Why: {WHY_WORDS[self.why]}. {RULE_WORDS[self.rule]}{kept}",
            f"Asked for by {self.asked_by_name} ({self.asked_by}) on {words.day(self.asked_at)}, and approved by "
            f"{self.approved_by_name} ({self.approved_by}) on {words.day(self.approved_at)}.",
            f"It was about {counted or 'no journey'}. It is counted as before, and says nothing of whose it was.",
        ]


RULE_WORDS = {
    Rule.CLOSED: "What is held of somebody is kept for years after their last closure.",
    Rule.CHILD: "What is held of a child is kept until a birthday.",
    Rule.DEATH: "What is held of somebody is kept for years after their death.",
    Rule.OPEN: "They were never followed.",
    Rule.UNKNOWN: "Nothing says when they were last here.",
}


def _counted(kind: str, count: int) -> str:
    return kind.removesuffix("s") if count == 1 else kind


async def ask(
    db: Database, periods: Periods, erasure_id: str, local_id: str, why: Why, staff: str, now: datetime,
    *, email: bool = False,
) -> Erasure:  # fmt: skip
    """Ask that what is kept of somebody is destroyed; asked again under the same id it is asked once.

    Those who may approve are told, without a name. Refused, or RecordsError, when there is no ground for it.
    """
    await may_or_refuse(db, staff, Action.RETENTION)
    async with transaction(db) as link:
        found = await link.fetchrow(ONE, UUID(erasure_id))
        if found is not None:
            return _erasure(found)
        who = await by_local_id(link, local_id)
        await link.fetchval(HOLD_PERSON, who)
        there = await person(link, periods, who)
        if there.destroyed_at is not None:
            raise RecordsError("conflict", f"It is done already: {await _when(link, who, there.destroyed_at)}")
        may_ask(there.kept, there.stays, why, local_day(now))
        if await link.fetchrow(OPEN_OF, who) is not None:
            raise RecordsError("conflict", "It is asked for already: see `alongside retention asked`.")
        kept = there.kept
        await link.execute(ASK, UUID(erasure_id), who, why, kept.rule, kept.until, staff, now)
        await tell(link, DECIDING, _asked(erasure_id, staff, why), now, but=staff, email=email)
        row = await link.fetchrow(ONE, UUID(erasure_id))
        assert row is not None  # noqa: S101  # written just now
        return _erasure(row)


def _asked(erasure_id: str, staff: str, why: Why) -> str:
    return (
        f"{staff} asks that what is kept of somebody is destroyed ({WHY_WORDS[why]}). A second person decides within "
        f"{LAPSES_AFTER.days} days: see Retention, or `alongside retention asked` (erasure {erasure_id[:8]})."
    )


async def _when(link: Link, who: UUID, at: datetime) -> str:
    row = await link.fetchrow(CERTIFICATE_OF, who)
    return f"see certificate {row['id']}." if row is not None else f"on {at:%-d %B %Y}."


async def one(db: Database, which: str) -> Erasure:
    """What was asked for, by its id, or what is open for whoever has a local id. RecordsError when there is nothing."""
    async with connected(db) as link:
        known = _uuid(which)
        row = await link.fetchrow(ONE, known) if known else None
        if row is None and known is None:
            row = await link.fetchrow(OPEN_OF, await by_local_id(link, which))
    if row is None:
        raise RecordsError("not-found", "Nothing is asked for that: see `alongside retention asked`.")
    return _erasure(row)


async def latest(db: Database, *, limit: int = LIMIT, after: str | None = None) -> Page[Erasure]:
    """What was asked for, the latest first."""
    place = place_after(after, (datetime.fromisoformat, UUID), (AFTER_ALL, UUID(int=2**128 - 1)))
    async with connected(db) as link:
        rows = await link.fetch(LATEST, *place, limit + 1)
    return page_of(Erasure, rows, limit, lambda row: (row["asked_at"], row["id"]))


async def under_way(db: Database) -> list[ErasureState]:
    """Everything that is not done with, as its workflow is given it."""
    async with connected(db) as link:
        return [ErasureState.model_validate(dict(row)) for row in await link.fetch(UNDER_WAY)]


async def decide(db: Database, said: Decided) -> Erased:
    """Record a decision. Refused, or RecordsError, when whoever decides may not, or it is decided otherwise."""
    became = BECOMES[said.verdict][0]
    action = Action.RETENTION if said.verdict is Verdict.WITHDRAW else Action.APPROVE_ERASURE
    await may_or_refuse(db, said.staff, action)
    async with transaction(db) as link:
        there = await _there(link, said.erasure_id)
        if became is Became.APPROVED and await link.fetchval(FOLLOWED, there["person_id"], there["why"]):
            raise RecordsError("conflict", "They have come back since: what is held of them is kept anew. Refuse it.")
        given = (UUID(said.erasure_id), became, said.staff, said.at, said.refused_for)
        if await link.fetchval(DECIDE, *given) is None:
            known = await link.fetchrow(ONE, UUID(said.erasure_id))
            assert known is not None  # noqa: S101  # locked just now
            is_so(said.verdict, Became(known["became"]))
            if known["decided_by"] != said.staff:
                raise RecordsError("conflict", f"It is {known['became']} already.")
    return Erased(became=became)


async def lapse(db: Database, erasure_id: str, now: datetime, *, email: bool = False) -> Erased:
    """Nobody decided in time: those who guard privacy are told."""
    async with transaction(db) as link:
        there = await _there(link, erasure_id)
        if await link.fetchval(LAPSE, UUID(erasure_id), now) is None:
            return _erased(there)
        text = (
            f"Nobody decided within {LAPSES_AFTER.days} days whether what is kept of somebody is destroyed, so nothing "
            f"is (erasure {erasure_id[:8]}). Whoever still wants it asks anew."
        )
        await tell(link, DECIDING, text, now, email=email)
        return Erased(became=Became.LAPSED)


async def erase(db: Database, erasure_id: str, now: datetime) -> Erased:
    """Destroy the person's key, and leave a certificate: all of it at once or nothing, and once however often."""
    async with transaction(db) as link:
        there = await _there(link, erasure_id)
        if there["became"] != Became.APPROVED:
            return _erased(there)
        who = there["person_id"]
        await link.fetchval(HOLD_PERSON, who)
        if await link.fetchval(FOLLOWED, who, there["why"]):
            await link.execute(END, UUID(erasure_id), Became.OVERTAKEN, now)
            return Erased(became=Became.OVERTAKEN)
        counted = await link.fetchrow(COUNTS, who)
        await destroy_key(link, who, now)
        certificate_id = await link.fetchval(CERTIFY, UUID(erasure_id), now, json.dumps(dict(counted or {})))
        await link.execute(END, UUID(erasure_id), Became.DONE, now)
        return Erased(became=Became.DONE, certificate_id=certificate_id)


async def certificate(db: Database, certificate_id: str) -> Certificate:
    """A certificate by its id; RecordsError when there is none."""
    known = _uuid(certificate_id)
    async with connected(db) as link:
        row = await link.fetchrow(CERTIFICATE, known) if known else None
    if row is None:
        raise RecordsError("not-found", "There is no certificate of that id: see `alongside retention asked`.")
    return _certificate(row)


async def certificate_of(db: Database, person_id: UUID) -> Certificate | None:
    """The certificate of whoever was erased; None when they were not, or not by an erasure."""
    async with connected(db) as link:
        row = await link.fetchrow(CERTIFICATE_OF, person_id)
    return _certificate(row) if row is not None else None


async def followed_as(db: Database, erasure_id: str) -> tuple[list[str], list[str]]:
    """The transitions of whom an erasure is about, and the visits to them, by their ids."""
    async with connected(db) as link:
        transitions = [row["id"] for row in await link.fetch(TRANSITIONS, UUID(erasure_id))]
        return transitions, [row["id"] for row in await link.fetch(VISITS, UUID(erasure_id))]


async def _there(link: Link, erasure_id: str) -> Record:
    row = await link.fetchrow(THERE, UUID(erasure_id))
    if row is None:
        raise RecordsError("not-found", "Nothing of that id was asked for.")
    return row


def _erasure(row: Record) -> Erasure:
    return Erasure.model_validate(dict(row))


def _erased(row: Record) -> Erased:
    return Erased(became=Became(row["became"]), certificate_id=row["certificate_id"])


def _certificate(row: Record) -> Certificate:
    return Certificate.model_validate(dict(row) | {"destroyed": json.loads(row["destroyed"])})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
