"""The one request that a browser brings back to this machine after the consent page.

It is listened for on 127.0.0.1 only (RFC 8252, section 7.3). The page shown repeats nothing of
the request.
"""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import parse_qsl, urlsplit

from cal_source.errors import ConfigError
from cal_source.signin.errors import NoCallback

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_PATH: Final = "/callback"
_PAGE: Final = (
    b"<!doctype html><meta charset=utf-8><title>cal-warehouse</title>"
    b"<p>Done here. Go back to the terminal; this window can be closed.</p>"
)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5  # browsers open connections that they may never use

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        is_callback = parts.path == _PATH
        self.send_response(200 if is_callback else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(_PAGE) if is_callback else 0))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        if is_callback:
            self.wfile.write(_PAGE)
            self.server.query = dict(parse_qsl(parts.query, keep_blank_values=True))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in http.server
        """Log nothing: the request line holds the code."""


class _Server(HTTPServer):
    query: dict[str, str] | None = None


class Callback:
    """Listens for the callback from entering to leaving the block.

    Args:
        port: Port to listen on; 0 for any free one.
        clock: Seconds that only grow.
    """

    def __init__(self, port: int = 0, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise ConfigError(
                f"port {port} of 127.0.0.1",
                f"cannot be listened on: {error.strerror}",
                "Give another with --port.",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.server_close()

    @property
    def address(self) -> str:
        """Where the consent page has to send the browser."""
        return f"http://127.0.0.1:{self._server.server_port}{_PATH}"

    def wait(self, wait_seconds: float) -> dict[str, str]:
        """Return the query of the callback.

        Raises:
            NoCallback: None came within `wait_seconds`.
        """
        deadline = self._clock() + wait_seconds
        while self._server.query is None:
            left = deadline - self._clock()
            if left <= 0:
                raise NoCallback(wait_seconds)
            self._server.timeout = left
            self._server.handle_request()
        return self._server.query
