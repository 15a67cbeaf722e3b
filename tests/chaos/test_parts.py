"""What hurts does hurt, and what is put in a build does not change what is recorded: the parts, one by one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import workflows
from tests.chaos import build
from tests.chaos.kept import Kept
from tests.chaos.proxy import Proxy, to_port
from tests.durable.following import until
from workers.ports import LOOPBACK

SAYS = ["/bin/sh", "-c", "echo ready; exec sleep 600"]


@asynccontextmanager
async def echo() -> AsyncIterator[Proxy]:
    """A wire to something that answers what it is told."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while said := await reader.read(1024):
                writer.write(said)
                await writer.drain()
        writer.transport.abort()

    server = await asyncio.start_server(answer, LOOPBACK, 0)
    proxy = Proxy(to_port(*server.sockets[0].getsockname()))
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()
        server.close()


async def reached(proxy: Proxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = proxy.address.split(":")
    return await asyncio.open_connection(host, int(port))


async def test_a_slow_wire_brings_everything_late_and_in_its_order() -> None:
    async with echo() as proxy:
        reader, writer = await reached(proxy)
        proxy.delay = 0.1
        began = asyncio.get_running_loop().time()
        for word in (b"one ", b"two ", b"three"):
            writer.write(word)
            await asyncio.sleep(0)
        assert await reader.readexactly(13) == b"one two three"
        assert asyncio.get_running_loop().time() - began >= 0.2
        writer.transport.abort()


async def test_a_cut_wire_breaks_every_connection_and_makes_none_until_it_is_mended() -> None:
    async with echo() as proxy:
        reader, writer = await reached(proxy)
        writer.write(b"one")
        assert await reader.readexactly(3) == b"one"
        proxy.cut()
        assert await _ended(reader)
        other, other_writer = await reached(proxy)
        assert await _ended(other)
        proxy.mend()
        again, again_writer = await reached(proxy)
        again_writer.write(b"two")
        assert await again.readexactly(3) == b"two"
        for one in (writer, other_writer, again_writer):
            one.transport.abort()


async def _ended(reader: asyncio.StreamReader) -> bool:
    try:
        return await asyncio.wait_for(reader.read(1), 5) == b""
    except ConnectionError:
        return True


async def test_a_killed_process_is_started_again_and_is_ready_only_then(tmp_path: Path) -> None:
    kept = Kept("a sleeper", tmp_path / "logs" / "sleeper.log", SAYS, {}, "ready")
    assert not kept.ready
    kept.open()

    async def ready() -> bool:
        return kept.ready

    await until(ready)
    await kept.kill()
    assert not kept.ready
    await until(ready)
    await kept.close(at_once=True)
    assert not kept.ready
    assert kept.tail().split() == ["ready", "ready"]


async def test_it_is_ready_though_its_log_was_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "sleeper.log"
    log.write_bytes(b"ready" + b"." * 10 * 1024 * 1024)
    kept = Kept("a sleeper", log, SAYS, {}, "ready")
    kept.open()

    async def ready() -> bool:
        return kept.ready

    await until(ready)
    await kept.close(at_once=True)
    assert kept.tail().split() == ["ready"]


def test_a_newer_build_is_ours_with_guarded_changes(tmp_path: Path) -> None:
    made = build.newer(tmp_path, 2) / "workflows" / "transition.py"
    ours = Path(workflows.__file__ or "").parent / "transition.py"
    more = [line.strip() for line in made.read_text().splitlines() if line not in ours.read_text().splitlines()]
    assert more == [
        'if command.do == "set-due" and workflow.patched("chaos-1"):',
        "await asyncio.sleep(0.001)",
        'if command.do == "hold" and workflow.patched("chaos-2"):',
        "await asyncio.sleep(0.001)",
    ]
    assert compile(made.read_text(), str(made), "exec")


def test_a_build_that_cannot_be_made_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "ANCHOR", "what is not there\nany more\n")
    with pytest.raises(RuntimeError, match="must say anew where a patch goes"):
        build.newer(tmp_path, 1)
