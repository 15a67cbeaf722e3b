"""Code lists of the NHS Data Dictionary, and the roles that people have towards a transition."""

from enum import StrEnum


class Attendance(StrEnum):
    """ATTENDED OR DID NOT ATTEND (NHS Data Dictionary, release of June 2026). Attended means 5 or 6."""

    CANCELLED_BY_PERSON = "2"
    DID_NOT_ATTEND = "3"
    CANCELLED_BY_PROVIDER = "4"
    ATTENDED = "5"
    ATTENDED_LATE = "6"
    TOO_LATE_TO_BE_SEEN = "7"

    @property
    def attended(self) -> bool:
        """The person was seen."""
        return self in (Attendance.ATTENDED, Attendance.ATTENDED_LATE)

    @property
    def missed(self) -> bool:
        """The person was expected and was not seen: somebody has to ask whether they are safe."""
        return self in (Attendance.DID_NOT_ATTEND, Attendance.TOO_LATE_TO_BE_SEEN)


ATTENDANCE_WORDS = {
    Attendance.CANCELLED_BY_PERSON: "cancelled by the person or on their behalf",
    Attendance.DID_NOT_ATTEND: "did not attend, without word",
    Attendance.CANCELLED_BY_PROVIDER: "cancelled or postponed by the service",
    Attendance.ATTENDED: "attended",
    Attendance.ATTENDED_LATE: "came late and was seen",
    Attendance.TOO_LATE_TO_BE_SEEN: "came too late to be seen",
}
WAS_NOT_BROUGHT = "was not brought"
"""What is said of somebody under 18 instead of "did not attend": the adults did not bring them."""


class Mechanism(StrEnum):
    """CONSULTATION MECHANISM (MENTAL HEALTH): how a contact was made."""

    FACE_TO_FACE = "01"
    TELEPHONE = "02"
    TALK_TYPE = "04"
    EMAIL = "05"
    TEXT_MESSAGE = "09"
    INSTANT_MESSAGE = "10"
    VIDEO = "11"
    MESSAGE_BOARD = "12"
    CHAT_ROOM = "13"
    OTHER = "98"


MECHANISM_WORDS = {
    Mechanism.FACE_TO_FACE: "face to face",
    Mechanism.TELEPHONE: "by telephone",
    Mechanism.TALK_TYPE: "by talk type",
    Mechanism.EMAIL: "by e-mail",
    Mechanism.TEXT_MESSAGE: "by text message",
    Mechanism.INSTANT_MESSAGE: "by instant message",
    Mechanism.VIDEO: "by video",
    Mechanism.MESSAGE_BOARD: "on a message board",
    Mechanism.CHAT_ROOM: "in a chat room",
    Mechanism.OTHER: "in another way",
}


class Role(StrEnum):
    """What somebody is towards a transition, or in the service."""

    COORDINATOR = "coordinator"
    NAMED_WORKER = "named-worker"
    INCOMING_COORDINATOR = "incoming-coordinator"
    TEAM_LEAD = "team-lead"
    PEER_WORKER = "peer-worker"
    COMMUNITY_TEAM = "community-team"
    THERAPIST = "therapist"
    ADULT_SERVICE = "adult-service"
    DUTY_MANAGER = "duty-manager"
    SERVICE_MANAGER = "service-manager"
    SAFETY_LEAD = "safety-lead"
    PEER_LEAD = "peer-lead"
    OPERATIONS = "operations"
    PRIVACY_OFFICER = "privacy-officer"
    ADMINISTRATOR = "administrator"

    @property
    def words(self) -> str:
        """The role as it is said in a sentence."""
        return self.value.replace("-", " ")

    @classmethod
    def _missing_(cls, value: object) -> "Role | None":
        # Staff lists say "care-coordinator", the NHS term for what the pathways call coordinator.
        return cls.COORDINATOR if value == "care-coordinator" else None


COORDINATING_ROLES = frozenset({Role.COORDINATOR, Role.NAMED_WORKER})
"""One job, two names: a young person's coordinator is called their named worker."""


class Division(StrEnum):
    """Which bank holidays count."""

    ENGLAND_AND_WALES = "england-and-wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern-ireland"


class Track(StrEnum):
    """The two supervisions of a peer worker."""

    ROLE = "role"
    WELLBEING = "wellbeing"


class View(StrEnum):
    """Whose view a measure is. Views are never mixed: each is compared with itself alone."""

    SELF = "self"
    PARENT = "parent"
    CLINICIAN = "clinician"


VIEW_WORDS = {
    View.SELF: "their own view",
    View.PARENT: "a parent’s or carer’s view",
    View.CLINICIAN: "a clinician’s view",
}


class StepKind(StrEnum):
    """What sort of thing a step is; it decides what completing it asks for."""

    DECISION = "decision"
    DOCUMENT = "document"
    CONTACT = "contact"
    PEER_CONTACT = "peer-contact"
    APPOINTMENT = "appointment"
    MEETING = "meeting"
    REVIEW = "review"
    MEASURE = "measure"
    RISK_REVIEW = "risk-review"
    HANDOVER = "handover"
    ALLOCATION = "allocation"
    TASK = "task"
    SILENCE = "silence"

    @property
    def is_contact(self) -> bool:
        """Completing it needs an attendance status and a consultation mechanism."""
        return self in (StepKind.CONTACT, StepKind.PEER_CONTACT, StepKind.APPOINTMENT)
