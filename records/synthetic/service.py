"""The made-up service: its teams and staff, and the people who come to it."""

from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

from nhs_number.validate import calculate_checksum

from records.synthetic.chance import Chance
from schemas.codes import Role
from schemas.ethnicity import CATEGORIES
from schemas.person import Person
from schemas.staff import StaffMember

WARD, EIGHTEEN, WAITING = "inpatient-to-community", "camhs-to-adult", "waiting-list-to-discharge"
PATHWAYS = {WARD: 0.45, EIGHTEEN: 0.15, WAITING: 0.4}
"""The shipped pathways, and which share of people comes on each."""
TEAMS = {
    WARD: ("Ashdown community", "Birchwood community", "Cedar outreach"),
    EIGHTEEN: ("Dunlin young people", "Elder young people"),
    WAITING: ("Fennel therapies", "Gorse therapies"),
}
LOCAL, STAFF = "SYN-", "syn-"
"""How the ids of everybody begin who was never there."""
HOUSE = UUID("3f2b1c9e-5d64-4c1e-9a0e-6b1f7d0c2a55")
"""What the ids of made-up people come of."""

_GIVEN = (
    "Alder", "Briony", "Cora", "Dilan", "Esme", "Farid", "Greta", "Hamza", "Isla", "Jonah", "Kezia", "Lowri", "Milo",
    "Nasrin", "Orla", "Petra", "Quill", "Rowan", "Samira", "Tamsin", "Umar", "Vesna", "Wren", "Yusuf", "Zadie",
)  # fmt: skip
_FAMILY = (
    "Amberley", "Brackenbury", "Copperwhite", "Dovecote", "Eldergate", "Fallowfield", "Greenhalge", "Hollowbrook",
    "Inkpenny", "Juniperson", "Kestrelman", "Larkenshaw", "Marlowby", "Nettleford", "Oakenrood", "Pennyfeather",
    "Quarrington", "Rushmere", "Silverthwaite", "Thistlewood", "Underbank", "Violetti", "Willowdean", "Yarrowby",
)  # fmt: skip
_ETHNICITY = dict.fromkeys(CATEGORIES, 2.0) | {"A": 60.0, "J": 6.0, "N": 5.0, "Z": 3.0, "99": 4.0}
_LANGUAGES = ("Urdu", "Polish", "Welsh", "Somali")


class Someone(NamedTuple):
    """A made-up person."""

    id: UUID
    person: Person
    ethnicity: str | None


def staff(teams: dict[str, tuple[str, ...]] = TEAMS) -> list[StaffMember]:
    """Everybody who works here: each team's own, and those of all teams."""
    found = [
        StaffMember(id=f"{STAFF}{role.value}", name=f"Synthetic {role.words.title()}", role=role)
        for role in (
            Role.DUTY_MANAGER, Role.SERVICE_MANAGER, Role.SAFETY_LEAD, Role.PEER_LEAD, Role.OPERATIONS,
            Role.ADULT_SERVICE,
        )
    ]  # fmt: skip
    for pathway, names in teams.items():
        for name in names:
            found += _team(pathway, name)
    return found


def _team(pathway: str, team: str) -> list[StaffMember]:
    short = team.partition(" ")[0].lower()
    coordinating = Role.NAMED_WORKER if pathway == EIGHTEEN else Role.COORDINATOR
    roles = [Role.TEAM_LEAD, *[coordinating] * 4, Role.COMMUNITY_TEAM, Role.THERAPIST]
    ordinary = [
        StaffMember(id=f"{STAFF}{short}-{number}", name=f"Synthetic {_FAMILY[number]}", role=role, team=team)
        for number, role in enumerate(roles, 1)
    ]
    peers = [
        StaffMember(
            id=f"{STAFF}{short}-peer-{number}", name=f"Synthetic {_GIVEN[number]}", role=Role.PEER_WORKER, team=team,
            hours_per_week=hours, works=works, languages=[_LANGUAGES[number % 4]],
            attributes=[("gender:female", "gender:male")[number % 2]],
            settings=["secure-ward", "community"], role_supervisor=f"{STAFF}peer-lead",
        )
        for number, (hours, works) in enumerate(
            ((37.5, "mon-fri 09:00-17:00"), (22.5, "mon-wed 09:00-17:00"), (15.0, "thu-fri 09:00-17:00")), 1
        )
    ]  # fmt: skip
    return ordinary + peers


def someone(seed: int, number: int, chance: Chance, came: date, pathway: str) -> Someone:
    """A person by number. Most have an NHS number, of those that nobody is ever issued."""
    age = chance.uniform(15.6, 17.95) if pathway == EIGHTEEN else chance.triangular(18.1, 88, 36)
    person = Person(
        local_id=f"{LOCAL}{seed}-{number:06}",
        nhs_number=_nhs_number(number) if chance.yes(0.95) else None,
        given_name=chance.choice(_GIVEN),
        family_name=chance.choice(_FAMILY),
        date_of_birth=came - timedelta(days=round(age * 365.25)),
    )
    ethnicity = chance.pick(_ETHNICITY) if chance.yes(0.92) else None
    return Someone(uuid5(HOUSE, person.local_id), person, ethnicity)


def _nhs_number(number: int) -> str | None:
    """Of the range 999, with its check digit; None where there is none."""
    nine = f"999{number % 1_000_000:06}"
    digit = calculate_checksum(nine)
    return f"{nine}{digit}" if digit is not None and digit < 10 else None
