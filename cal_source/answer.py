"""What one HTTP answer means: Cal.com's envelope, both of its error shapes, or not Cal.com at all.

Pure: it sees status, headers and bytes, so it is the same for every transport.

- Success: `{"status": "success", "data": …, "pagination": …}`; `data` may be missing.
- Error, enveloped: `{"status": "error", "error": {"code", "message", "details"}}`. `details` may
  list broken validation rules together with the values sent, which are personal: only the rules
  are kept.
- Error, bare: `{"statusCode": 400, "message": "…"}`.

Source: `err_*`, `bookings_take251`, `w_absent_wrong_email` and other recordings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from cal_source.errors import MalformedAnswer, NotCalError, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A successful answer of Cal.com's.

    Attributes:
        status: HTTP status, 200 to 299; 300 to 399 where a redirect is the result.
        data: The envelope's `data`, decoded; None when the envelope has none.
        pagination: The envelope's `pagination`; its numbers come from a total that ignores some
            filters, so they never decide where a list ends.
        content: The whole body, decompressed.
        request_id: Cal.com's id of this request.
        fetched_at: When the answer was complete, UTC.
        headers: All headers, names in lower case.
        location: Where Cal.com redirects to, as it said; None without a redirect. May hold a
            token.
    """

    status: int
    data: Any = field(repr=False)
    pagination: dict[str, Any] | None
    content: bytes = field(repr=False)
    request_id: str | None
    fetched_at: datetime
    headers: Mapping[str, str] = field(repr=False)
    location: str | None = field(default=None, repr=False)

    @property
    def sent_at(self) -> datetime | None:
        """When the server says that it answered, UTC, to the second; None when it does not say."""
        try:
            return parsedate_to_datetime(self.headers.get("date", "")).astimezone(UTC)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAnswer:
    """An answer as the transport gave it, with the request that it belongs to.

    Attributes:
        method: HTTP method of the request.
        path: Path of the request, without its query.
        status: HTTP status.
        headers: Headers, names in lower case.
        content: The body, decompressed.
        fetched_at: When the answer was complete, UTC.
    """

    method: str
    path: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    fetched_at: datetime

    @property
    def request_id(self) -> str | None:
        """Cal.com's id of the request, when it gave one."""
        return self.headers.get("x-request-id")

    @property
    def content_type(self) -> str:
        """The media type of the body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip() or "no content type"


def read_answer(
    raw: RawAnswer, *, redirects: bool = False, decode: Callable[[bytes], Any] = msgspec.json.decode
) -> Answer:
    """Return the success that `raw` is, or raise what is wrong with it.

    Args:
        raw: What came back.
        redirects: Whether a redirect is a result (sign-in callbacks) rather than a wrong address.
        decode: Decodes the body of a success; what it does with `data` is the caller's affair.

    Raises:
        RequestFailed: Cal.com refused or failed; the subclass says how (`errors.refusal`).
        NotCalError: The answer is not Cal.com's: no envelope, no JSON, or a redirect elsewhere.
        MalformedAnswer: A success that is broken or cut off.
    """
    if raw.status >= HTTPStatus.BAD_REQUEST:
        _fail(raw)
    if raw.status >= HTTPStatus.MULTIPLE_CHOICES:
        if redirects and "location" in raw.headers:
            return _success(raw, data=None, location=raw.headers["location"])
        target = raw.headers.get("location", "").partition("?")[0] or "nowhere"
        message = f"a redirect to {target}, which is not followed"
        raise NotCalError(**_common(raw), cal_message=message)
    body = _decode(raw, decode)
    if not isinstance(body, dict) or body.get("status") != "success":
        message = f"a JSON answer of {len(raw.content)} bytes has no success envelope"
        raise NotCalError(**_common(raw), cal_message=message)
    pagination = body.get("pagination")
    return _success(
        raw, data=body.get("data"), pagination=pagination if isinstance(pagination, dict) else None
    )


def read_v1_answer(raw: RawAnswer) -> Answer:
    """Return the success of API v1 that `raw` is: any JSON object, without an envelope.

    Raises:
        RequestFailed: Cal.com refused or failed; the subclass says how (`errors.refusal`).
        NotCalError: The answer is no JSON, or a redirect elsewhere.
        MalformedAnswer: A success that is broken or cut off.

    Source: API v1's own document; its refusals are `{"message": …}` or `{"error": …}`.
    """
    if raw.status < HTTPStatus.MULTIPLE_CHOICES:
        return _success(raw, data=_decode(raw))
    if raw.status >= HTTPStatus.BAD_REQUEST and "json" in raw.content_type:
        body = _decode(raw)
        message = (body.get("message") or body.get("error")) if isinstance(body, dict) else None
        if isinstance(message, str):
            raise refusal(raw.status)(**_common(raw), cal_message=message)
    return read_answer(raw)


def _success(
    raw: RawAnswer,
    *,
    data: Any,
    pagination: dict[str, Any] | None = None,
    location: str | None = None,
) -> Answer:
    return Answer(
        status=raw.status,
        data=data,
        pagination=pagination,
        content=raw.content,
        request_id=raw.request_id,
        fetched_at=raw.fetched_at,
        headers=raw.headers,
        location=location,
    )


def _decode(raw: RawAnswer, decode: Callable[[bytes], Any] = msgspec.json.decode) -> object:
    try:
        return decode(raw.content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if "json" in raw.content_type:
            message = f"the JSON of {len(raw.content)} bytes is broken or cut off"
            raise MalformedAnswer(**_common(raw), cal_message=message) from error
        message = f"{raw.content_type} instead of JSON"
        raise NotCalError(**_common(raw), cal_message=message) from error


def _fail(raw: RawAnswer) -> NoReturn:
    error_class = refusal(raw.status)
    try:
        body = msgspec.json.decode(raw.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = None
    detail = body.get("error") if isinstance(body, dict) else None
    if isinstance(detail, dict):
        raise error_class(
            **_common(raw),
            cal_code=str(detail.get("code") or "") or None,
            cal_message=str(detail.get("message") or ""),
            constraints=tuple(_constraints(detail.get("details"))),
        )
    if isinstance(body, dict) and "statusCode" in body:
        message = body.get("message")
        text = "; ".join(map(str, message)) if isinstance(message, list) else str(message or "")
        raise error_class(**_common(raw), cal_code=str(body["statusCode"]), cal_message=text)
    if not error_class.retriable:
        error_class = NotCalError
    message = f"{raw.content_type} that is not in Cal.com's words"
    raise error_class(**_common(raw), cal_message=message)


def _constraints(details: object) -> list[str]:
    """Return the rules named by a validation error's tree, depth first, without values."""
    if not isinstance(details, dict):
        return []
    rules: list[str] = []
    for error in [*(details.get("errors") or ()), *(details.get("children") or ())]:
        if isinstance(error, dict):
            rules += [str(rule) for rule in (error.get("constraints") or {}).values()]
            rules += _constraints({"children": error.get("children")})
    return rules


def _common(raw: RawAnswer) -> dict[str, Any]:
    return {
        "method": raw.method,
        "path": raw.path,
        "status": raw.status,
        "request_id": raw.request_id,
    }
