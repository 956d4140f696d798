"""One request on its way through the sandbox, and what a handler may answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

from cal_source.sandbox.errors import BadRequestError, InternalError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from random import Random

    from cal_source.sandbox.booking_query import BookingLists
    from cal_source.sandbox.grants import Grants
    from cal_source.sandbox.ids import Ids
    from cal_source.sandbox.outbox import Outbox
    from cal_source.sandbox.records import OAuthClient, Team, User
    from cal_source.sandbox.render.bookings import BookingRenderer
    from cal_source.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: the user, and the platform client where one's credentials were used."""

    user: User
    client: OAuthClient | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is not simply 200 with a JSON body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Call:
    """A request, with the state it is answered from.

    `params` are the named parts of the path; `target` is path and query as they were sent.
    """

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    target: str
    version: str
    now: datetime
    world: World
    lists: BookingLists
    renderer: BookingRenderer
    rng: Random
    ids: Ids
    grants: Grants
    outbox: Outbox
    params: dict[str, str] = field(default_factory=dict)
    principal: Principal | None = None

    @property
    def user(self) -> User:
        """The authenticated user; only for routes whose guards made sure of one.

        Raises:
            RuntimeError: The route has no guard that authenticates.
        """
        if self.principal is None:
            message = f"{self.method} {self.path} asks for a user without authenticating one."
            raise RuntimeError(message)
        return self.principal.user

    def value(self, name: str) -> str | None:
        """The last value of a query parameter, or None."""
        return next((value for key, value in reversed(self.query) if key == name), None)

    def number(self, name: str) -> int:
        """A part of the path as a number, as handlers read it.

        Raises:
            BadRequestError: It is not a number.
        """
        try:
            return int(self.params[name])
        except ValueError:
            text = "Validation failed (numeric string is expected)"
            raise BadRequestError(text) from None

    def guarded_number(self, name: str) -> int:
        """A part of the path as a number, as guards read it.

        Raises:
            InternalError: It is not a number; the database then refuses the query.
        """
        try:
            return int(self.params[name])
        except ValueError:
            raise InternalError from None

    def team(self) -> Team:
        """The team named by the path; only for routes whose guards made sure of it."""
        return self.world.teams[int(self.params["teamId"])]


def request_target(path: str, query: Sequence[tuple[str, str]] | bytes) -> str:
    """Path and query as a request line has them."""
    if isinstance(query, bytes):
        text = query.decode("latin-1")
    else:
        text = urlencode(query, quote_via=quote)
    return f"{path}?{text}" if text else path


def query_pairs(query: Sequence[tuple[str, str]] | bytes) -> Sequence[tuple[str, str]]:
    """The parameters of a query string, in order, empty ones included."""
    if isinstance(query, bytes):
        return parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return query


def success(data: Any) -> dict[str, Any]:
    """The envelope of a good answer."""
    return {"status": "success", "data": data}
