"""What a sign-in brings, and how it is written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from cal_source.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class App:
    """The third-party app that a person lets in.

    Attributes:
        client_id: Its id at Cal.com.
        client_secret: Its secret; None for a public app, which PKCE alone protects.
    """

    client_id: str
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """A person's sign-in to an app.

    Attributes:
        app: The app.
        base_url: The API that the tokens are for; they go nowhere else.
        access_token: Signs requests until `expires_at`.
        refresh_token: Brings the next tokens, once.
        expires_at: When the access token ends, UTC.
    """

    app: App
    base_url: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime

    def table(self) -> dict[str, str]:
        """Return what is written into the secrets file."""
        secret = {"client_secret": self.app.client_secret} if self.app.client_secret else {}
        return {
            "client_id": self.app.client_id,
            **secret,
            "base_url": self.base_url,
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "expires_at": self.expires_at.astimezone(UTC).isoformat(timespec="seconds"),
        }

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Self:
        """Return the tokens that `table` made.

        Raises:
            ConfigError: Something is missing or is not what was written.
        """
        try:
            return cls(
                app=App(str(table["client_id"]), table.get("client_secret")),
                base_url=str(table["base_url"]),
                access_token=str(table["access_token"]),
                refresh_token=str(table["refresh_token"]),
                expires_at=datetime.fromisoformat(str(table["expires_at"])),
            )
        except (KeyError, ValueError) as error:
            raise ConfigError(
                "the stored sign-in",
                "in the secrets file is incomplete",
                "Run 'cal-warehouse login' again.",
            ) from error
