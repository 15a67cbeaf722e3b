"""What ends a command, for every module of the command line."""

from workers.stop import Stop

__all__ = ["Stop"]
