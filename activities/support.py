"""Telling people what support is due, from what the records say."""

import structlog
from temporalio import activity

from records import support
from records.database import Database
from schemas.support import Look, Looked

log = structlog.get_logger(__name__)


class SupportActivities:
    """Looks at the records of a database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @activity.defn
    async def support_look(self, asked: Look) -> Looked:
        """Tell whatever is due for a worker and was not told, and say when to look again."""
        looked = await support.look(self._db, asked)
        log.info("looked at support", staff=asked.staff, again=looked.following)
        return looked
