"""The sandbox as an ASGI application: bytes in, bytes out, and the faults of the wire."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from cal_source.sandbox.faults import DRIP_BYTES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from cal_source.sandbox.faults import Answer
    from cal_source.sandbox.sandbox import Sandbox


class BrokenConnectionError(Exception):
    """Raised inside the server to drop a connection; a fault asked for it."""


def application(sandbox: Sandbox) -> ASGIApp:
    """Make the application that serves `sandbox`."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        answer = sandbox.respond(
            request.method,
            request.url.path,
            scope["query_string"],
            request.headers,
            body,
            address=request.client.host if request.client else "unknown",
        )
        await _send(answer, scope, receive, send)

    return app


async def _send(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    if answer.delay_seconds:
        await asyncio.sleep(answer.delay_seconds)
    headers = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    if answer.is_reset:
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        half = answer.body[: len(answer.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        raise BrokenConnectionError
    if answer.drip_seconds:
        await _drip(answer, headers, send)
        return
    response = Response(answer.body, answer.status, answer.headers)
    await response(scope, receive, send)


async def _drip(answer: Answer, headers: list[tuple[bytes, bytes]], send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    for start in range(0, len(answer.body), DRIP_BYTES):
        await asyncio.sleep(answer.drip_seconds)
        piece = answer.body[start : start + DRIP_BYTES]
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
