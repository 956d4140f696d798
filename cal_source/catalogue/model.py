"""What the catalogue says about one operation of Cal.com's API.

A row is data. Resources, the coverage table, the reverse sync and the tests read it; adding an
operation is adding a row and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from cal_source.catalogue.parameters import Parameter, path_parameter
from cal_source.errors import PathParameterError

_BRACES = re.compile(r"\{(\w+)\}")


class Kind(StrEnum):
    """What an operation is for."""

    READ = "read"  # feeds a table
    LOOKUP = "lookup"  # answers a question and is not stored
    CREDENTIAL = "credential"  # handles keys, tokens or sign-in
    WRITE = "write"  # changes something at Cal.com


class Paging(StrEnum):
    """How the rows of an answer are reached completely."""

    ONE = "one object"
    WHOLE = "everything in one answer"
    OFFSET = "take/skip, no total, no order"
    LIMIT = "limit/offset, offset capped at 250"
    BOOKINGS = "take/skip with pagination object; walked by value"


class Scope(StrEnum):
    """Whose data an operation shows or changes."""

    USER = "user"
    TEAM = "team"
    ORGANIZATION = "organization"
    PLATFORM = "platform"


class Auth(StrEnum):
    """What signs the request."""

    KEY = "api key or access token"
    PLATFORM = "platform client id and secret"
    NONE = "nothing"


class Risk(StrEnum):
    """The worst that an operation does when it is sent by mistake."""

    NONE = "none"  # changes nothing
    LOW = "low"  # changes what can be changed back, and nobody is told
    SECRET = "secret"  # noqa: S105 - hands out, changes or voids a credential
    NOTIFIES = "notifies people"
    DESTRUCTIVE = "destroys"
    COSTS = "costs money"


class Evidence(StrEnum):
    """How well the row's statements are founded."""

    RECORDED = "recorded"  # a real server's good answer
    REFUSAL = "recorded refusal"  # only refusals could be recorded
    SOURCE = "source code"
    DOCS = "documentation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of Cal.com's API.

    Attributes:
        key: Name of the row; of an action, its key in the published list.
        summary: What it does, in a few words.
        kind: What it is for.
        method: HTTP method.
        path: Path with parameters in braces.
        path_choices: What the path's `calendar` or `app` may be; empty for paths without one.
        query: What its query may carry.
        version: `cal-api-version` to send; None where no header brings the right shape.
        action: Name of the published action; empty for further reads of our own.
        scope: Whose data it concerns.
        auth: What signs it.
        role: Lowest role that may use it inside its organisation or team; empty when any may.
        parents: Tables whose rows fill the path, outermost first.
        table: Warehouse table that it feeds or changes; None when it has none.
        primary_key: Columns that identify a row of `table` as this operation gives it.
        authoritative: True where a full sync may call the read a complete list of its scope, so
            that absence from it means gone; false for single reads and second views.
        paging: How the list is read completely.
        paging_trap: What goes wrong when it is paged naively; empty when nothing is known.
        page_size: Largest number of rows that one request may ask for; None without paging.
        ordered_by: Query parameters that give a stable order, where there is one.
        incremental: Query parameters that narrow a list to what changed; empty without any.
        risk: The worst that a mistaken call does.
        idempotent: Whether repeating it leaves Cal.com as after the first time.
        irreversible: Whether what it does cannot be taken back completely.
        already_done: What Cal.com answers, or what a read shows, when it was done before.
        read_back: Key of the read that shows its effect.
        undo: Key of the operation that takes it back, as far as that goes.
        v2_way: Of an operation of API v1: how the same is done with v2.
        evidence: How well all this is founded.
        notes: What really happens, where that is not what one would expect.
        missing_from_openapi: Why method and path are not in the OpenAPI document; empty when
            they are.
    """

    key: str
    summary: str
    kind: Kind
    method: str
    path: str
    path_choices: tuple[str, ...] = ()
    query: tuple[Parameter, ...] = ()
    version: str | None = None
    action: str = ""
    scope: Scope = Scope.USER
    auth: Auth = Auth.KEY
    role: str = ""
    parents: tuple[str, ...] = ()
    table: str | None = None
    primary_key: tuple[str, ...] = ()
    authoritative: bool = False
    paging: Paging = Paging.ONE
    paging_trap: str = ""
    page_size: int | None = None
    ordered_by: tuple[tuple[str, str], ...] = ()
    incremental: tuple[str, ...] = ()
    risk: Risk = Risk.NONE
    idempotent: bool = True
    irreversible: bool = False
    already_done: str = ""
    read_back: str | None = None
    undo: str | None = None
    v2_way: str = ""
    evidence: Evidence = Evidence.RECORDED
    notes: str = ""
    missing_from_openapi: str = ""

    @property
    def is_action(self) -> bool:
        """True for the 176 published actions."""
        return bool(self.action)

    @property
    def is_v1(self) -> bool:
        """True for an operation of API v1, which hosted Cal.com switched off on 2026-04-08."""
        return self.path.startswith("/v1/")

    @property
    def path_parameters(self) -> tuple[str, ...]:
        """Names in the path's braces, in order."""
        return tuple(_BRACES.findall(self.path))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What the path needs and the query may carry, the path's first."""
        in_path = (path_parameter(name, self.path_choices) for name in self.path_parameters)
        return (*in_path, *self.query)

    def url_path(self, **values: object) -> str:
        """Return the path with its braces filled, each value percent-encoded.

        Raises:
            PathParameterError: A parameter is missing, empty, or not in the path.
        """
        wanted = set(self.path_parameters)
        filled = {name for name, value in values.items() if value is not None and value != ""}
        if filled != wanted or values.keys() != wanted:
            raise PathParameterError(
                self.key, self.path, missing=wanted - filled, unexpected=values.keys() - wanted
            )
        return _BRACES.sub(lambda match: _segment(values[match[1]]), self.path)


def _segment(value: object) -> str:
    """Return `value` as one path segment; dots are encoded too where they would climb."""
    text = quote(str(value), safe="")
    return text.replace(".", "%2E") if set(text) == {"."} else text
