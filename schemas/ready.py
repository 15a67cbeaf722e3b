"""Clinically ready for discharge: why somebody who could leave a ward is still there, and whose it is to change.

The codes are those of MHSDS version 6 (table MHS518). The words are ours, kept short; the groups are those of the
national acute inpatient dashboard.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum

from schemas.base import Stored

VERSION = "MHSDS version 6"

REASONS = {
    "01": "waiting for a care coordinator",
    "02": "waiting for a community psychiatrist",
    "03": "waiting for a social worker",
    "04": "waiting for funding",
    "05": "waiting for other community or mental health services of the NHS",
    "06": "waiting for prison or immigration removal",
    "07": "waiting for a care home without nursing",
    "08": "waiting for a care home with nursing",
    "09": "waiting for care at home",
    "10": "waiting for equipment or changes to the home",
    "11": "the person or their family has not chosen yet",
    "12": "commissioners disagree on whose it is",
    "13": "disagreement on what comes next",
    "14": "housing: private rented",
    "15": "housing: rented from the council or an association",
    "16": "housing: finding or buying a home of their own",
    "17": "housing: no right to funded care or support",
    "18": "housing: supported accommodation",
    "19": "housing: temporary, from the council",
    "20": "waiting for a children's home",
    "21": "waiting for a secure children's home",
    "22": "waiting for a young offender institution",
    "23": "waiting for a foster placement",
    "24": "waiting for the Ministry of Justice to agree",
    "25": "waiting for a decision under the Mental Health Act",
    "26": "waiting for the Court of Protection",
    "27": "waiting for a deprivation of liberty safeguard",
    "28": "a court judgement is considered",
    "29": "waiting for a residential special school or college",
    "30": "no support with education nearby",
    "31": "the safety of others, whatever the treatment",
    "32": "housing or care made for them alone",
    "33": "no lawful support in the community, social care aside",
    "34": "no social care that would support them, or pay for a placement",
    "35": "a community assessment of the NHS is late",
    "36": "too few staff in the hospital",
    "37": "an assessment from outside the NHS is late",
    "98": "not known",
}
ATTRIBUTIONS = {"04": "the NHS", "05": "social care", "06": "both the NHS and social care"}
"""Whose the delay is."""


class Group(StrEnum):
    """What a reason comes down to."""

    COMMUNITY = "community"
    SOCIAL_CARE = "social care"
    HOSPITAL = "hospital"
    HOUSING = "housing"
    UNKNOWN = "not known"


_GROUPS = {
    Group.SOCIAL_CARE: ("03", "07", "20", "21", "34"),
    Group.HOSPITAL: ("11", "35", "36"),
    Group.HOUSING: ("14", "15", "16", "17", "18", "19", "32"),
    Group.UNKNOWN: ("98",),
}
GROUP_OF = dict.fromkeys(REASONS, Group.COMMUNITY) | {code: group for group, codes in _GROUPS.items() for code in codes}
ACCOMMODATION = frozenset(_GROUPS[Group.HOUSING])
"""Reasons that are about where to live: a peer worker may help with these."""


class ReadyPeriod(Stored):
    """A time for which somebody was ready to leave and had not: until they left, or were not ready any more."""

    id: str
    transition_id: str
    starts: date
    ends: date | None
    reason: str
    attribution: str
    recorded_by: str
    recorded_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None
    corrects: str | None = None
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None
    withdrawn_why: str | None = None

    def days(self, today: date) -> int:
        """Days of delay so far: the first is the day after they became ready, and the day on which it ends is none."""
        last = self.ends - timedelta(days=1) if self.ends else today
        return max(0, (last - self.starts).days)
