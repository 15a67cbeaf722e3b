"""A mail server of our own: how often each letter was taken, by its id."""

import asyncio
from collections import Counter
from email import message_from_bytes
from typing import Any

from aiosmtpd.smtp import SMTP

from workers.ports import LOOPBACK, free_port


class Post:
    """Takes every letter, all the time: what is lost on the way is lost by whoever sends."""

    def __init__(self) -> None:
        self.port = free_port()
        self.taken: Counter[str] = Counter()
        self._server: asyncio.Server | None = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a letter."""
        letter = message_from_bytes(envelope.content)
        self.taken[letter["Message-ID"].strip("<>").partition("@")[0]] += 1
        return "250 taken"

    async def open(self) -> None:
        """Take letters from now on."""
        self._server = await asyncio.get_running_loop().create_server(lambda: SMTP(self), LOOPBACK, self.port)

    async def close(self) -> None:
        """Take none any more."""
        if self._server is not None:
            self._server.close()
