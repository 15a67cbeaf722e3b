"""What ends a command: one sentence for the person who typed it, and an exit code."""


class Stop(Exception):
    """An expected end. `message` says in plain English what was wrong and what to do; no traceback is shown."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
