"""What an installation is connected to and who was let in: tokens, apps, calendars.

Kept apart from the tables of `World`: none of it is in any list of Cal.com's API.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from cal_source.sandbox.records import Json


@dataclass(slots=True)
class RefreshToken:
    """What an access token is renewed with; good for one use."""

    token: str
    user_id: int
    client_id: str | None
    expires_at: datetime


@dataclass(slots=True)
class InviteToken:
    """A link that lets whoever has it join a team."""

    token: str
    team_id: int
    expires_at: datetime


@dataclass(slots=True)
class OAuthApp:
    """An app of a third party that people let into their accounts.

    A confidential app has a `secret`; a public one (`secret` None) proves itself by PKCE. Where
    `redirect_uri` names the own machine, any port and path of it will do.
    """

    id: str
    name: str
    redirect_uri: str
    secret: str | None = None


@dataclass(slots=True)
class AuthorizationCode:
    """What a consent gives an app; exchanged for tokens once, within ten minutes."""

    code: str
    app_id: str
    user_id: int
    redirect_uri: str
    expires_at: datetime
    challenge: str | None = None
    scopes: tuple[str, ...] = ()


@dataclass(slots=True)
class Credential:
    """A user's connection to an outside service; `urls` are the feeds of an ICS connection."""

    id: int
    type: str
    app_id: str
    user_id: int
    urls: tuple[str, ...] = ()
    is_invalid: bool = False


@dataclass(frozen=True, slots=True)
class SelectedCalendar:
    """A calendar that is looked at for busy times."""

    user_id: int
    integration: str
    external_id: str
    credential_id: int


@dataclass(slots=True)
class Feed:
    """A calendar file that can be reached; `busy` are its events as (start, end)."""

    name: str
    busy: list[tuple[datetime, datetime]] = field(default_factory=list)


def _demo_apps() -> dict[str, OAuthApp]:
    """One app of each kind, so that signing in can be tried; both listen on the own machine."""
    address = "http://127.0.0.1"
    apps = (
        OAuthApp("sandbox-app", "Sandbox app", address, secret="sandbox-app-secret"),  # noqa: S106 - the sandbox's public password
        OAuthApp("sandbox-public-app", "Sandbox public app", address),
    )
    return {app.id: app for app in apps}


@dataclass
class Connections:
    """All of it.

    Attributes:
        app_client_ids: The OAuth client this installation is at outside services, by the name of
            the app (google, office365, zoom, msteams, stripe); none is set up at first.
        feeds: Calendar files that can be reached, by address; there is no other network.
        is_team_billing_on: Whether making a team asks a payment provider, out of reach here.
    """

    refresh_tokens: dict[str, RefreshToken] = field(default_factory=dict)
    invite_tokens: dict[str, InviteToken] = field(default_factory=dict)
    oauth_apps: dict[str, OAuthApp] = field(default_factory=_demo_apps)
    authorization_codes: dict[str, AuthorizationCode] = field(default_factory=dict)
    credentials: dict[int, Credential] = field(default_factory=dict)
    selected_calendars: list[SelectedCalendar] = field(default_factory=list)
    destination_calendars: dict[int, Json] = field(default_factory=dict)
    verification_codes: dict[tuple[str, str], str] = field(default_factory=dict)
    app_client_ids: dict[str, str] = field(default_factory=dict)
    feeds: dict[str, Feed] = field(default_factory=dict)
    is_team_billing_on: bool = False

    def credentials_of(self, user_id: int, kind: str | None = None) -> list[Credential]:
        """A user's connections, of one type if it is given, oldest first."""
        rows = self.credentials.values()
        return [row for row in rows if row.user_id == user_id and kind in {None, row.type}]

    def forget_user(self, user_id: int) -> None:
        """Drop what belongs to a user who is deleted."""
        for tokens in (self.refresh_tokens, self.authorization_codes):
            for token in [key for key, row in tokens.items() if row.user_id == user_id]:
                del tokens[token]
        for row in self.credentials_of(user_id):
            del self.credentials[row.id]
        self.selected_calendars = [c for c in self.selected_calendars if c.user_id != user_id]
        self.destination_calendars.pop(user_id, None)
