"""Ports for the embedded services: the usual ones when free, kept from one start to the next."""

import socket
from pathlib import Path

import structlog
from pydantic import BaseModel, ValidationError

log = structlog.get_logger(__name__)

LOOPBACK = "127.0.0.1"
USUAL_TEMPORAL, USUAL_UI, USUAL_WEB = 7233, 8233, 8000


class Ports(BaseModel):
    """Where the embedded Temporal listens, and the HTTP door once it was opened."""

    temporal: int
    ui: int
    web: int | None = None


def choose_ports(file: Path) -> Ports:
    """The ports of the last start on this folder, or the usual ones; a taken one is replaced and the choice kept."""
    before = _read(file) or Ports(temporal=USUAL_TEMPORAL, ui=USUAL_UI)
    temporal = _free_or_other(before.temporal, "Temporal", besides=0)
    ui = _free_or_other(before.ui, "Temporal's pages", besides=temporal)
    ports = before.model_copy(update={"temporal": temporal, "ui": ui})
    file.write_text(ports.model_dump_json() + "\n")
    return ports


def listen_for_web(file: Path, wanted: int | None) -> socket.socket:
    """A socket for the HTTP door: on the wanted port, else that of the last start on this folder, else the usual one.

    A taken port is replaced, which is logged, and the choice kept: addresses that were given out go on working.
    """
    before = _read(file) or Ports(temporal=USUAL_TEMPORAL, ui=USUAL_UI)
    port = wanted or before.web or USUAL_WEB
    try:
        door = listen(LOOPBACK, port)
    except OSError:
        door = listen(LOOPBACK, 0)
        log.warning("port taken, using another", what="the HTTP door", taken=port, using=door.getsockname()[1])
    ports = before.model_copy(update={"web": door.getsockname()[1]})
    file.write_text(ports.model_dump_json() + "\n")
    return door


def listen(host: str, port: int) -> socket.socket:
    """A socket that holds this port for us from now on; OSError when another program has it. 0 is any free one."""
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    door = socket.socket(family, kind, proto)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that only lingers is free
        door.bind(address)
        door.listen(128)
    except OSError:
        door.close()
        raise
    return door


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
