"""What can go wrong between this package and Cal.com, grouped by what the caller can do about it.

::

    CalError                    root of everything this package raises about Cal.com
    ├── ConfigError             nothing was sent: mend the configuration or the call
    │   ├── UnknownOperationError  no catalogue row has this key
    │   ├── PathParameterError     a path parameter is missing or not wanted
    │   └── (call_errors)          a call or a body that was refused before it was sent
    ├── RequestFailed           one request failed; carries method, path, status, request id
    │   ├── AuthError           401, 498: give a valid key or token
    │   ├── ForbiddenError      403: this key may not; skip the resource or use another key
    │   ├── NotFoundError       404: gone, never there, or the wrong cal-api-version
    │   ├── BadRequestError     other 4xx: mend the request; names the rules that it broke
    │   ├── NotCalError         something answered, and it is not Cal.com: check base_url
    │   │                       (retriable where Cal.com had answered before)
    │   ├── RateLimited         429 (retriable): wait for the limiter
    │   ├── ServerError         5xx (retriable): try again later
    │   ├── Unreachable         no answer: refused, reset, timed out (retriable)
    │   └── MalformedAnswer     a broken or truncated answer (retriable)
    └── DataError               the answers are well-formed and cannot be trusted
        ├── ShapeError          wrong version's shape, ignored filters or paging
        ├── EndlessRun          more equal records than any key or offset can walk
        └── UnstableList        an unsorted list changed during every attempt to read it

No message carries a key, a token, a query value or a whole e-mail address.
"""

from __future__ import annotations

import difflib
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_EMAIL = re.compile(
    r"([\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]*(?:@|%40)([\w-]+(?:\.[\w-]+)+)"
)
_QUERY = re.compile(r"(/[^\s?]*)\?\S+")
_TOKEN = re.compile(r"\b(?:cal_\w+|eyJ[\w-]+\.[\w-]+\.[\w-]*)")


def redact(text: str) -> str:
    """Return `text` without what must not be shown: query strings, e-mails, keys and tokens.

    Cal.com repeats parts of the request in its messages ("Cannot GET /v2/x?email=…").
    """
    text = _QUERY.sub(r"\1?…", text)
    text = _TOKEN.sub("<secret>", text)
    return _EMAIL.sub(r"\1***@\2", text)


class CalError(Exception):
    """Root of everything this package raises about Cal.com."""


class ConfigError(CalError):
    """Nothing was sent, because the configuration or the call is not usable.

    Attributes:
        setting: The setting or argument at fault.
        problem: What is wrong with it, without secret values.
        remedy: How to mend it, as an imperative sentence.
    """

    def __init__(self, setting: str, problem: str, remedy: str) -> None:
        self.setting = setting
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{setting} {problem}. {remedy}")


class UnknownOperationError(ConfigError):
    """No row of the catalogue has the key asked for.

    Attributes:
        key: The key asked for.
        suggestions: Keys that look alike, best first.
    """

    def __init__(self, key: str, known: Collection[str]) -> None:
        self.key = key
        self.suggestions = difflib.get_close_matches(key, known, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(self.suggestions)}? " if self.suggestions else ""
        super().__init__(
            f"operation '{key}'",
            f"is not one of the {len(known)} in the catalogue",
            f"{hint}`cal-warehouse actions` lists them all.",
        )


class PathParameterError(ConfigError):
    """The parameters given do not fill an operation's path.

    Attributes:
        key: The operation.
        missing: Parameters that the path needs and that were not given, or given empty.
        unexpected: Parameters given that the path does not have.
    """

    def __init__(
        self, key: str, path: str, missing: Iterable[str], unexpected: Iterable[str]
    ) -> None:
        self.key = key
        self.missing = tuple(sorted(missing))
        self.unexpected = tuple(sorted(unexpected))
        parts = []
        if self.missing:
            parts.append(f"needs {', '.join(self.missing)}")
        if self.unexpected:
            parts.append(f"has no {', '.join(self.unexpected)}")
        super().__init__(
            f"operation '{key}'",
            f"with path {path} {' and '.join(parts)}",
            "Give exactly the parameters named in braces.",
        )


class RequestFailed(CalError):  # noqa: N818 - named for what happened, as its subclasses are
    """One request did not bring a usable answer.

    Attributes:
        method: HTTP method.
        path: Path without the query string.
        status: HTTP status; None when no answer came.
        request_id: Cal.com's `X-Request-Id`, to quote to its support; None when there is none.
        cal_code: Cal.com's own error code, usually a class name; None when it gave none.
        cal_message: Cal.com's message, or the transport's, redacted.
        constraints: Broken validation rules, one line each, without the values sent.
        attempts: How often the request was sent before it was given up.
        retriable: Whether sending a GET again may help.
    """

    retriable: ClassVar[bool] = False
    remedy: ClassVar[str] = "Look at Cal.com's message."

    def __init__(  # noqa: PLR0913 - one keyword for each value a caller may want to read
        self,
        *,
        method: str,
        path: str,
        status: int | None = None,
        request_id: str | None = None,
        cal_code: str | None = None,
        cal_message: str = "",
        constraints: tuple[str, ...] = (),
        attempts: int = 1,
    ) -> None:
        self.method = method
        self.path = redact(path)
        self.status = status
        self.request_id = request_id
        self.cal_code = cal_code
        self.cal_message = redact(cal_message).strip().rstrip(".")
        self.constraints = tuple(redact(constraint) for constraint in constraints)
        self.attempts = attempts
        super().__init__(self._message())

    def _message(self) -> str:
        outcome = "got no answer" if self.status is None else f"answered {self.status}"
        request = f" (request {self.request_id})" if self.request_id else ""
        tries = f" after {self.attempts} tries" if self.attempts > 1 else ""
        said = "; ".join(self.constraints) or self.cal_message or type(self).__name__
        return f"{self.method} {self.path} {outcome}{request}{tries}: {said}. {self.remedy}"

    def after(self, attempts: int) -> Self:
        """Return the same error, saying that it was given up after `attempts` tries."""
        return type(self)(
            method=self.method,
            path=self.path,
            status=self.status,
            request_id=self.request_id,
            cal_code=self.cal_code,
            cal_message=self.cal_message,
            constraints=self.constraints,
            attempts=attempts,
        )


class AuthError(RequestFailed):
    """401 or 498: the key or token is missing, wrong or expired."""

    remedy = "Give a valid, unexpired key in CAL_API_KEY, or sign in again."


class ForbiddenError(RequestFailed):
    """403: the credential is fine and may not do this: role, plan, permission or foreign object."""

    remedy = "Use a key with the role named, or leave this resource out."


class NotFoundError(RequestFailed):
    """404: the object is gone or was never there, or the server does not know this operation."""

    remedy = "Check the id; an older server may not know this operation or its cal-api-version."


class BadRequestError(RequestFailed):
    """400, 409, 422 and other refusals: the request breaks a rule of Cal.com's."""

    remedy = "Mend the request as the message says; sending it again will not help."


class NotCalError(RequestFailed):
    """Something answered that does not speak like Cal.com's API: a web page, another service.

    A wrong address, or a proxy's page; the retry policy tells them apart by whether Cal.com has
    answered before.
    """

    retriable = True
    remedy = "Check base_url: it must be the API's address, such as https://api.cal.com."


class RateLimited(RequestFailed):
    """429: the budget of this credential is spent, here or by another program that shares it."""

    retriable = True
    remedy = "Wait a minute, and see whether another program uses the same key."


class ServerError(RequestFailed):
    """5xx: Cal.com, or a proxy before it, failed.

    A 500 in Cal.com's own words is often permanent (some operations always answer it), so it is
    tried less often than a 502 from a proxy.
    """

    retriable = True
    remedy = "Try again later; quote the request id to Cal.com if it stays."

    @property
    def is_calcoms_own(self) -> bool:
        """True for a 500 that Cal.com itself worded, as opposed to a proxy's page."""
        return self.status == HTTPStatus.INTERNAL_SERVER_ERROR and self.cal_code is not None


class Unreachable(RequestFailed):
    """No answer: name not found, connection refused or reset, timeout."""

    retriable = True
    remedy = "Check base_url, the network, and that the server runs."


class MalformedAnswer(RequestFailed):
    """A success that cannot be read: truncated, not JSON, or without Cal.com's envelope."""

    retriable = True
    remedy = "Try again; if it stays, a proxy on the way changes answers."


class DataError(CalError):
    """Answers arrived whole, and using them would lose or invent rows."""


class ShapeError(DataError):
    """Records have another version's shape, or the server ignores what it was asked for.

    Attributes:
        what: What was looked at, such as `GET /v2/bookings`.
        problem: What was found.
        remedy: How to mend it.
    """

    def __init__(self, what: str, problem: str, remedy: str) -> None:
        self.what = what
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{what}: {problem}. {remedy}")


class EndlessRun(DataError):  # noqa: N818 - named for what was met
    """More records are equal in every key than paging can tell apart.

    Attributes:
        field: The last key that was tried.
        value: The value that the records share, as Cal.com wrote it.
        found: How many of them were read.
    """

    def __init__(self, field: str, value: str, found: int) -> None:
        self.field = field
        self.value = value
        self.found = found
        super().__init__(
            f"Records with {field}={value} cannot be read completely: {found} were found, "
            "and repeated reading does not account for all. "
            "Run again when the server is quiet; if it stays, use a larger page size."
        )


class UnstableList(DataError):  # noqa: N818 - named for what was met
    """A list without order changed during every pass over it, so it cannot be called complete.

    Attributes:
        passes: How often it was read.
        counts: Distinct records seen by each pass.
    """

    def __init__(self, passes: int, counts: tuple[int, ...]) -> None:
        self.passes = passes
        self.counts = counts
        super().__init__(
            f"The list was read {passes} times and no two passes agreed "
            f"(records seen: {', '.join(map(str, counts))}). "
            "Run again when fewer changes are made; the earlier rows stay as they are."
        )


def refusal(status: int) -> type[RequestFailed]:
    """Return the error class for an HTTP status of 400 or more."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerError
    known: dict[int, type[RequestFailed]] = {
        401: AuthError,
        403: ForbiddenError,
        404: NotFoundError,
        429: RateLimited,
        498: AuthError,
    }
    return known.get(status, BadRequestError)


def short_reason(error: CalError) -> str:
    """Return in a few words why Cal.com would not answer."""
    if isinstance(error, RequestFailed) and error.cal_message:
        return f"{error.status}: {error.cal_message}"
    return str(error)
