"""Ports for the embedded services: the usual ones when free, kept from one start to the next."""

import socket
from pathlib import Path

import structlog
from pydantic import BaseModel, ValidationError

log = structlog.get_logger(__name__)

LOOPBACK = "127.0.0.1"
USUAL_TEMPORAL, USUAL_UI = 7233, 8233


class Ports(BaseModel):
    """Where the embedded Temporal listens."""

    temporal: int
    ui: int


def choose_ports(file: Path) -> Ports:
    """The ports of the last start on this folder, or the usual ones; a taken one is replaced and the choice kept."""
    before = _read(file) or Ports(temporal=USUAL_TEMPORAL, ui=USUAL_UI)
    temporal = _free_or_other(before.temporal, "Temporal", besides=0)
    ports = Ports(temporal=temporal, ui=_free_or_other(before.ui, "Temporal's pages", besides=temporal))
    file.write_text(ports.model_dump_json() + "\n")
    return ports


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _free_or_other(port: int, what: str, *, besides: int) -> int:
    if port != besides and _is_free(port):
        return port
    other = free_port()
    log.warning("port taken, using another", what=what, taken=port, using=other)
    return other


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that only lingers is free
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _read(file: Path) -> Ports | None:
    try:
        return Ports.model_validate_json(file.read_text())
    except (OSError, ValidationError):
        return None
