"""Which handler answers a method, a path and an API version.

A missing or unknown `cal-api-version` silently means the oldest one. A known version without a
handler is a 404, like a path that does not exist.

Source: BEHAVIOUR.md section 1.4; recordings `bookings_no_version_header`,
`event_type_private_links_v`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.guards import Guard

OLDEST_VERSION: Final = "2024-04-15"
KNOWN_VERSIONS: Final = frozenset(
    {OLDEST_VERSION, "2024-06-11", "2024-06-14", "2024-08-13", "2024-09-04"},
)


@dataclass(frozen=True, slots=True)
class Throttle:
    """A limit per minute of an operation's own; `name` stands in the headers' names."""

    name: str
    limit: int


@dataclass(frozen=True, slots=True)
class Route:
    """One operation in some versions; `template` has named parts in braces.

    `is_read` operations change nothing, and see what a lagging replica shows.
    """

    method: str
    template: str
    handler: Callable[[Call], Any]
    guards: tuple[Guard, ...]
    versions: frozenset[str]
    status: int = 200
    throttle: Throttle | None = None
    is_read: bool = False


def get(
    template: str,
    handler: Callable[[Call], Any],
    *guards: Guard,
    versions: Iterable[str] = KNOWN_VERSIONS,
) -> Route:
    """Declare a GET operation."""
    return Route("GET", template, handler, guards, frozenset(versions), is_read=True)


def write(
    method: str,
    template: str,
    handler: Callable[[Call], Any],
    *guards: Guard,
    versions: Iterable[str] = KNOWN_VERSIONS,
    status: int | None = None,
    throttle: Throttle | None = None,
) -> Route:
    """Declare an operation that changes something: a POST answers 201 unless `status` is given."""
    usual = 201 if method == "POST" else 200
    return Route(method, template, handler, guards, frozenset(versions), status or usual, throttle)


def api_version(headers: Mapping[str, str]) -> str:
    """The version a request is answered in."""
    sent = next((v for name, v in headers.items() if name.lower() == "cal-api-version"), "")
    return sent if sent in KNOWN_VERSIONS else OLDEST_VERSION


class Router:
    """Finds routes; of two templates that match a path, the one with more fixed parts wins."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[tuple[str, int], list[tuple[list[str], Route]]] = defaultdict(list)
        for route in routes:
            parts = route.template.strip("/").split("/")
            self._routes[route.method, len(parts)].append((parts, route))
        for candidates in self._routes.values():
            candidates.sort(key=lambda item: [part.startswith("{") for part in item[0]])

    def find(self, method: str, path: str, version: str) -> tuple[Route, dict[str, str]] | None:
        """Give the route and the named parts of the path, or None."""
        parts = path.strip("/").split("/")
        for template, route in self._routes[method, len(parts)]:
            params = _match(template, parts)
            if params is not None and version in route.versions:
                return route, params
        return None


def _match(template: list[str], parts: list[str]) -> dict[str, str] | None:
    params = {}
    for expected, part in zip(template, parts, strict=True):
        if expected.startswith("{"):
            params[expected[1:-1]] = part
        elif expected != part:
            return None
    return params
