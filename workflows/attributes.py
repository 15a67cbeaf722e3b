"""The search attributes of a transition: what Temporal can list journeys by. None of them is personal."""

from temporalio.common import SearchAttributeKey

PATHWAY = SearchAttributeKey.for_keyword("AlongsidePathway")
STAGE = SearchAttributeKey.for_keyword("AlongsideStage")
TEAM = SearchAttributeKey.for_keyword("AlongsideTeam")
COORDINATOR = SearchAttributeKey.for_keyword("AlongsideCoordinator")
NEXT_DEADLINE = SearchAttributeKey.for_datetime("AlongsideNextDeadline")
OVERDUE_COUNT = SearchAttributeKey.for_int("AlongsideOverdueCount")
HIGHEST_RUNG = SearchAttributeKey.for_int("AlongsideHighestRung")

ALL = (PATHWAY, STAGE, TEAM, COORDINATOR, NEXT_DEADLINE, OVERDUE_COUNT, HIGHEST_RUNG)
