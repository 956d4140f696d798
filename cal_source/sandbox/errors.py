"""The errors Cal.com answers, nearly all in the enveloped shape.

    ApiError                 enveloped: {"status": "error", "timestamp", "path", "error": {...}}
    ├── BadRequestError, UnauthorizedError, ForbiddenError, NotFoundError, ...
    ├── InvalidInputError    400 with `details.errors`, one entry per broken rule
    ├── PlainError           enveloped without details (Prisma, tRPC, zod)
    └── BareError            not enveloped: {"statusCode", "message"}

Source: BEHAVIOUR.md section 8; recordings `err_*`, `*__not_found`, `*__invalid`.
"""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer in the enveloped shape; `details` repeats the message, as Nest does."""

    status = 500
    code = "InternalServerErrorException"
    reason: str | None = None

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)

    def details(self) -> Any:
        """What stands under `error.details`, or None where the answer has none."""
        body: dict[str, Any] = {"message": self.message}
        if self.reason is not None:
            body["error"] = self.reason
        return body | {"statusCode": self.status}


class BadRequestError(ApiError):
    """400."""

    status = 400
    code = "BadRequestException"
    reason: str | None = "Bad Request"


class UnauthorizedError(ApiError):
    """401."""

    status = 401
    code = "UnauthorizedException"
    reason = "Unauthorized"


class ForbiddenError(ApiError):
    """403."""

    status = 403
    code = "ForbiddenException"
    reason = "Forbidden"


class NotFoundError(ApiError):
    """404."""

    status = 404
    code = "NotFoundException"
    reason: str | None = "Not Found"


class BareNotFoundError(NotFoundError):
    """404 raised without words: the message is Nest's own and there is no `error` beside it."""

    reason = None

    def __init__(self) -> None:
        super().__init__("Not Found")


class TooManyRequestsError(ApiError):
    """429 of the throttler, whose details are a plain string."""

    status = 429
    code = "ThrottlerException"

    def __init__(self) -> None:
        super().__init__("CustomThrottlerGuard - Too many requests. Please try again later.")

    def details(self) -> Any:
        """The message again."""
        return self.message


class TokenExpiredError(ApiError):
    """498: a managed user's access token is past its time."""

    status = 498
    code = "TokenExpiredException"

    def __init__(self) -> None:
        super().__init__("ACCESS_TOKEN_IS_EXPIRED")

    def details(self) -> Any:
        """The message again."""
        return self.message


class InvalidInputError(ApiError):
    """400 of the validation pipe; the reasons stand in `details.errors` only."""

    status = 400
    code = "BadRequestException"

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        self.errors = errors
        super().__init__("Bad Request Exception")

    def details(self) -> Any:
        """One entry per broken field; it echoes the input."""
        return {"errors": self.errors}


class PlainError(ApiError):
    """An enveloped answer that has only a code and a message (Prisma, tRPC, zod)."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(message)

    def details(self) -> Any:
        """Nothing."""
        return None


class MaskedBadRequestError(PlainError):
    """400 of tRPC-backed reads: the real reason is replaced by a general text."""

    def __init__(self) -> None:
        text = "Bad request: Please check your request data and try again"
        super().__init__(400, "TRPCError", text)


class MaskedForbiddenError(PlainError):
    """403 of tRPC-backed reads."""

    def __init__(self) -> None:
        text = "You don't have necessary permissions to access this resource"
        super().__init__(403, "TRPCError", text)


class RecordNotFoundError(PlainError):
    """404 of a row that the database looked for in vain."""

    def __init__(self) -> None:
        text = "Invalid Query: The requested record was not found."
        super().__init__(404, "NOT_FOUND", text)


class InternalError(PlainError):
    """500 of a database error."""

    def __init__(self) -> None:
        text = "There was an error, please try again later."
        super().__init__(500, "INTERNAL_SERVER_ERROR", text)


class DuplicateError(PlainError):
    """409 of the database: a unique key is taken."""

    def __init__(self) -> None:
        text = "Invalid Input: Trying to create a record that already exists."
        super().__init__(409, "CONFLICT", text)


class MissingReferenceError(PlainError):
    """400 of the database: a row that the new one points to is not there."""

    def __init__(self) -> None:
        text = "Invalid input: The referenced data does not exist."
        super().__init__(400, "BAD_REQUEST", text)


class NoAppKeysError(PlainError):
    """400 where the installation has no keys for an app."""

    def __init__(self) -> None:
        super().__init__(400, "BAD_REQUEST", " - Required, ")


class InvalidChoiceError(BadRequestError):
    """400 whose list of choices stands where the reason phrase normally is."""

    def __init__(self, message: str, choices: str) -> None:
        self.reason = choices
        super().__init__(message)


class ConflictError(ApiError):
    """409."""

    status = 409
    code = "ConflictException"
    reason = "Conflict"


class UnprocessableError(ApiError):
    """422."""

    status = 422
    code = "UnprocessableEntityException"
    reason = "Unprocessable Entity"


class MaskedUnauthorizedError(PlainError):
    """401 of tRPC-backed writes: the caller has no right to the row."""

    def __init__(self) -> None:
        text = "You are not authorized to access this resource"
        super().__init__(401, "TRPCError", text)


class BareError(ApiError):
    """An answer without envelope: only a status and a message."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class UnforeseenError(BareError):
    """500 of an error that nobody foresaw."""

    def __init__(self) -> None:
        super().__init__(500, "Internal server error")


class BookingNotFoundError(NotFoundError):
    """404 of a booking."""

    def __init__(self, uid: str) -> None:
        super().__init__(f"Booking with uid={uid} was not found in the database")


class EventTypeNotFoundError(NotFoundError):
    """404 of an event type; `key` is the id as it was sent."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Event type with id {key} not found")
