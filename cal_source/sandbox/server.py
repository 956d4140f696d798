"""The sandbox over real HTTP, in a thread for tests or in the foreground for people."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

    from cal_source.sandbox.sandbox import Sandbox


@contextmanager
def serving(app: ASGIApp, host: str, port: int) -> Iterator[str]:
    """Serve an application in a thread.

    Yields:
        Its address, once it accepts requests.
    """
    listener = _listen(host, port)
    server = _server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield _address(listener)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def serve_forever(sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> None:
    """Serve in the foreground until SIGINT or SIGTERM, the sandbox's clock running.

    Prints one line, `ready http://HOST:PORT`, when requests are accepted.
    """
    listener = _listen(host, port)
    server = _server(sandbox.app)
    sandbox.clock.start_ticking()

    def stop(*_: object) -> None:
        server.should_exit = True

    previous = {name: signal.signal(name, stop) for name in (signal.SIGINT, signal.SIGTERM)}
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    try:
        thread.start()
        sys.stdout.write(f"ready {_address(listener)}\n")
        sys.stdout.flush()
        while thread.is_alive():
            thread.join(0.2)
    finally:
        for name, handler in previous.items():
            signal.signal(name, handler)
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    """Bind at once and listen, so that requests made right away wait instead of failing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol is named so that asyncio sets TCP_NODELAY; without it small answers take 40 ms
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _server(app: ASGIApp) -> uvicorn.Server:
    # Dropped connections are asked for by faults; the server's log of them is noise.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,  # the sandbox's clock gives it
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)
