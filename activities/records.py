"""Writing what happened into the records: one commit, one transaction."""

import contextlib

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from records import errors, notices, troubles
from records.arranging import arrange
from records.commit import commit
from records.database import Database
from schemas.arranging import Arranging
from schemas.commit import Ahead, Arranged, Commit, Committed

log = structlog.get_logger(__name__)


class RecordsActivities:
    """Commits on a database; `email` says whether notices are to be mailed as well."""

    def __init__(self, db: Database, *, email: bool) -> None:
        self._db = db
        self._email = email

    @activity.defn
    async def commit(self, change: Commit) -> Committed:
        """Write one revision of a journey. The same again changes nothing and answers the same.

        When the records hold something else there already, nothing is written and `ahead` says what they hold;
        whoever was told of it is perhaps not mailed yet.
        A transition that they do not know fails for good, as `not-found`; anything else is worth another try.
        """
        said = change.said
        bound = log.bind(
            transition_id=change.journey.transition_id,
            revision=change.journey.revision,
            command_id=said.id if said else None,
            step=said.step if said else None,
        )
        try:
            committed = await commit(self._db, change, email=self._email)
        except errors.Gap as found:
            bound.error("the records were put back to an earlier moment; the workflow goes on from them")
            return await self._ahead(change.journey.transition_id, found)
        except errors.Ahead as found:
            bound.warning("the records are ahead of the workflow, which goes on from them")
            return await self._ahead(change.journey.transition_id, found)
        except errors.NotRegistered as why:
            raise ApplicationError(why.message, type=why.kind, non_retryable=True) from why
        except Exception as error:
            await self._note(change.journey.transition_id, change.journey.revision, error)
            raise
        bound.info("recorded", command=said.do if said else "time", events=len(change.events))
        return committed.model_copy(update={"at": change.at, "said": said.at if said else None})

    @activity.defn
    async def arrange(self, asked: Arranging) -> Arranged:
        """Arrange the peer support of a journey: nobody but the records knows who is free. Like `commit` otherwise."""
        command = asked.command
        bound = log.bind(
            transition_id=asked.transition_id,
            revision=asked.revision + 1,
            command_id=command.id if command else None,
        )
        try:
            arranged = await arrange(self._db, asked, email=self._email)
        except errors.Ahead as found:
            bound.warning("the records are ahead of the workflow, which goes on from them")
            return Arranged(**(await self._ahead(asked.transition_id, found)).model_dump())
        except errors.NotRegistered as why:
            raise ApplicationError(why.message, type=why.kind, non_retryable=True) from why
        except Exception as error:
            await self._note(asked.transition_id, asked.revision + 1, error)
            raise
        bound.info("arranged", command=command.do if command else "time", events=len(arranged.events))
        return arranged.model_copy(update={"at": asked.at})

    async def _note(self, transition_id: str, revision: int, error: Exception) -> None:
        """Let whoever watches see what cannot be recorded though the records answer; it is tried again all the same."""
        with contextlib.suppress(Exception):  # they do not answer: that is seen elsewhere, and ends by itself
            await troubles.note(self._db, transition_id, revision, type(error).__name__)

    async def _ahead(self, transition_id: str, found: errors.Ahead) -> Committed:
        ahead = Ahead(journey=found.journey, definition=found.definition, receipt=found.receipt, at=found.at)
        return Committed(notices=await notices.waiting_for(self._db, transition_id), team=found.team, ahead=ahead)
