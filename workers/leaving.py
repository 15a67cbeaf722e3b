"""How a process that used Temporal's client ends."""

import logging
import os
import sys
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End this process with `code`, once everything said is written.

    Temporal's client keeps threads that may touch the interpreter while it is taken down, which now and then
    aborts a process whose work was done (temporalio/sdk-python issue 300); so it is not taken down.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    if "temporalio" in sys.modules:
        os._exit(code)
    sys.exit(code)
