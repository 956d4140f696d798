"""The server on a socket, in the foreground or in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import sys
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import httpx

from tests.bench.server.service import Service, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.server.service import Reply

__all__ = ["Server", "Settings", "main", "running_server"]
_REASONS = {200: b"OK", 429: b"Too Many Requests"}


class _Connection(asyncio.Protocol):
    """One kept-alive connection; requests are answered in the order they come."""

    def __init__(self, service: Service, latency_seconds: float) -> None:
        self._service = service
        self._latency = latency_seconds
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            first, *lines = head.decode("latin-1").split("\r\n")
            pairs = (line.partition(":") for line in lines)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            length = int(headers.get("content-length", 0))
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            method, target, _ = first.split(" ")
            reply = self._service.answer(method, target, headers, rest[:length])
            if self._latency and reply.delayed:
                asyncio.get_running_loop().call_later(self._latency, self._send, reply)
            else:
                self._send(reply)

    def _send(self, reply: Reply) -> None:
        headers = {"Content-Type": "application/json; charset=utf-8", **reply.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        self._transport.write(
            b"HTTP/1.1 %d %b\r\n%bContent-Length: %d\r\n\r\n%b"
            % (reply.status, _REASONS.get(reply.status, b"-"), lines, len(reply.body), reply.body)
        )


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    url: str
    pid: int

    def stats(self, *, arrivals: bool = False) -> dict[str, Any]:
        """Return what was asked since the last reset; arrivals are seconds, by key."""
        found: dict[str, Any] = httpx.get(
            f"{self.url}/bench/stats", params={"arrivals": 1} if arrivals else {}, timeout=60
        ).json()
        return found

    def reset(self) -> None:
        """Count anew."""
        httpx.post(f"{self.url}/bench/reset", timeout=60).raise_for_status()

    def change(self, count: int) -> None:
        """Change so many bookings."""
        httpx.post(
            f"{self.url}/bench/change", params={"count": count}, timeout=60
        ).raise_for_status()


@contextlib.contextmanager
def running_server(settings: Settings) -> Iterator[Server]:
    """Serve in a process of its own until the end of the block.

    Yields:
        The server, once it accepts requests.
    """
    options = [
        f"--{field.name.replace('_', '-')}={value}"
        for field in fields(settings)
        if (value := getattr(settings, field.name)) is not None
    ]
    command = [sys.executable, "-m", "tests.bench.server", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line.startswith("ready "):
                msg = f"The bench server did not start: {line!r}. Run {' '.join(command)}."
                raise RuntimeError(msg)
            yield Server(line.split()[1], process.pid)
        finally:
            process.terminate()


async def _serve(service: Service, port: int, latency_seconds: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Connection(service, latency_seconds), "127.0.0.1", port, backlog=512
    )
    address, bound = server.sockets[0].getsockname()
    print(f"ready http://{address}:{bound}", flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve in the foreground."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.server")
    parser.add_argument("--port", type=int, default=0)
    kinds = {"latency_ms": float, "window_seconds": float}
    for setting in fields(Settings):
        option = f"--{setting.name.replace('_', '-')}"
        parser.add_argument(option, type=kinds.get(setting.name, int), default=setting.default)
    values = vars(parser.parse_args())
    port = values.pop("port")
    settings = Settings(**values)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(Service(settings), port, settings.latency_ms / 1000))
