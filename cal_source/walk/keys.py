"""The fields that bookings can be walked by, and the instants that bound a walk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from cal_source.typed_records import TypedRecord

Params: TypeAlias = dict[str, str]
Fetch: TypeAlias = Callable[[Params, int], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class SortKey:
    """A field that a list can be sorted by, with its sort and filter parameters.

    Attributes:
        field: Field of the record; an ISO 8601 instant.
        sort: Parameter that sorts by it.
        after: Parameter of the inclusive lower bound; None when there is none.
        before: Parameter of the inclusive upper bound; None when there is none.
        nullable: Whether the field may be null; such records match no bound and are not part
            of a walk by this key.
        moves: Whether the value grows when the record is changed, so that a walk needs an end.
    """

    field: str
    sort: str
    after: str | None
    before: str | None
    nullable: bool = False
    moves: bool = False

    @property
    def ascending(self) -> bool:
        """Whether a walk goes upwards; downwards only where there is no lower bound."""
        return self.after is not None

    @property
    def is_exact(self) -> bool:
        """Whether both bounds exist, so that one value can be asked for alone."""
        return self.after is not None and self.before is not None

    def params(self, low: datetime | None, high: datetime | None) -> Params:
        """Return the parameters that sort by this key between two inclusive bounds."""
        params = {self.sort: "asc" if self.ascending else "desc"}
        if low is not None and self.after is not None:
            params[self.after] = instant(low)
        if high is not None and self.before is not None:
            params[self.before] = instant(high)
        return params


CREATED = SortKey("createdAt", "sortCreated", "afterCreatedAt", "beforeCreatedAt")
UPDATED = SortKey(
    "updatedAt", "sortUpdatedAt", "afterUpdatedAt", "beforeUpdatedAt", nullable=True, moves=True
)
START = SortKey("start", "sortStart", "afterStart", None)
END = SortKey("end", "sortEnd", None, "beforeEnd")

BY_CREATED = (CREATED, START, END)
BY_UPDATED = (UPDATED, CREATED, START, END)
BY_START = (START, END)


def instant(value: datetime) -> str:
    """Return an aware datetime as Cal.com writes it: UTC, milliseconds, `Z`."""
    text = value.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def parse_instant(value: object) -> datetime | None:
    """Return the instant that an API value states, cut to milliseconds; None when it is none."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return parsed.replace(microsecond=parsed.microsecond // 1000 * 1000)


def field_of(record: Any, name: str) -> Any:
    """Return a field of an API record; None where it is missing or the record is no object."""
    return record.get(name) if isinstance(record, dict | TypedRecord) else None
