"""What can go wrong when somebody signs in.

::

    CalError
    └── SignInError          nobody is signed in, or no longer
        ├── ConsentDenied    the person, or Cal.com for them, said no
        ├── StateMismatch    the callback belongs to another sign-in
        ├── NoCallback       nobody came back in time
        ├── CodeRefused      the code was expired, used before, or of another app
        └── RefreshRefused   the stored sign-in has ended

No message carries a code, a token, a state or a secret.
"""

from __future__ import annotations

from cal_source.errors import CalError, redact


class SignInError(CalError):
    """A person could not be signed in, or is no longer."""


class ConsentDenied(SignInError):  # noqa: N818 - named for what happened
    """The consent page sent back an error in place of a code.

    Attributes:
        reason: OAuth's word for it, such as `access_denied`.
    """

    def __init__(self, reason: str) -> None:
        self.reason = redact(reason)
        super().__init__(
            f"The sign-in was refused on Cal.com's page ({self.reason}). Run 'cal-warehouse login' "
            "again and allow the access, or ask for fewer scopes."
        )


class StateMismatch(SignInError):  # noqa: N818 - named for what happened
    """A callback came whose state is not the one of this sign-in."""

    def __init__(self) -> None:
        super().__init__(
            "A sign-in came back whose state is not the one that was sent, so it was not used: it "
            "belongs to another window, or somebody tries to sign you in to their account. Close "
            "older sign-in windows and run 'cal-warehouse login' again."
        )


class NoCallback(SignInError):  # noqa: N818 - named for what happened
    """Nobody came back from the consent page in time.

    Attributes:
        wait_seconds: How long was waited.
    """

    def __init__(self, wait_seconds: float) -> None:
        self.wait_seconds = wait_seconds
        super().__init__(
            f"Nobody came back from Cal.com's page within {wait_seconds:g} seconds. Run "
            "'cal-warehouse login' again and open the address it shows, with a browser on this "
            "machine; --wait gives more time."
        )


class CodeRefused(SignInError):  # noqa: N818 - named for what happened
    """Cal.com gave no tokens for the code.

    Attributes:
        status: HTTP status.
        reason: What Cal.com said, redacted.
    """

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = redact(reason)
        super().__init__(
            f"Cal.com gave no tokens for the sign-in ({status}: {self.reason}). A code works once "
            "and for minutes: run 'cal-warehouse login' again; if it stays, check the client's id, "
            "secret and redirect address."
        )


class RefreshRefused(SignInError):  # noqa: N818 - named for what happened
    """Cal.com no longer takes the stored refresh token.

    Attributes:
        status: HTTP status.
        reason: What Cal.com said, redacted.
    """

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = redact(reason)
        super().__init__(
            f"The stored sign-in has ended ({status}: {self.reason}): it was revoked, replaced or "
            "not used for long. Run 'cal-warehouse login' again."
        )
