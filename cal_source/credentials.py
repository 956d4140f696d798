"""What requests are signed with: an API key, an access token, or a platform client.

An access token may also come from a `TokenSource`, which knows how to get the next one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self

from cal_source.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping


class TokenSource(Protocol):
    """Where a signed-in user's access tokens come from (`cal_source.signin`)."""

    def current(self) -> str:
        """Return a token that is good for the next minute, renewed before if need be."""
        ...

    def renewed(self, rejected: str) -> str:
        """Return a token other than `rejected`, which the server has just refused."""
        ...


@dataclass(frozen=True, slots=True)
class Credentials:
    """How requests are signed: an API key, an access token, or a platform client's id and secret.

    Build them with `Credentials.choose`, which checks that exactly one way is given.
    """

    headers: Mapping[str, str] = field(repr=False)
    kind: str

    def hide(self, content: bytes) -> bytes:
        """Return an answer's body without the secrets, should the server have repeated them."""
        for value in self.headers.values():
            content = content.replace(value.removeprefix("Bearer ").encode(), b"<secret>")
        return content

    @classmethod
    def choose(
        cls,
        *,
        api_key: str | None = None,
        access_token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
    ) -> Self:
        """Return the one way of signing that is given.

        Raises:
            ConfigError: None is given, or several, or a value cannot be sent in a header.
        """
        ways = [
            name
            for name, given in (
                ("api_key", api_key),
                ("access_token", access_token),
                ("client_id", client_id or client_secret),
            )
            if given
        ]
        if not ways:
            raise ConfigError(
                "api_key",
                "is not set, so Cal.com would refuse every request",
                "Set CAL_API_KEY (Cal.com: Settings, Security, API keys), or try the sandbox.",
            )
        if len(ways) > 1:
            raise ConfigError(
                " and ".join(ways), "are set together", "Keep one; each has its own rights."
            )
        if ways == ["client_id"]:
            return cls(_platform_headers(client_id, client_secret), "platform client")
        token = _clean(ways[0], api_key or access_token or "").removeprefix("Bearer ").strip()
        return cls({"Authorization": f"Bearer {token}"}, ways[0].replace("_", " "))


def _platform_headers(client_id: str | None, client_secret: str | None) -> dict[str, str]:
    if not client_id or not client_secret:
        missing = "client_secret" if client_id else "client_id"
        raise ConfigError(missing, "is not set", "A platform client signs with both id and secret.")
    return {
        "x-cal-client-id": _clean("client_id", client_id),
        "x-cal-secret-key": _clean("client_secret", client_secret),
    }


def _clean(name: str, value: str) -> str:
    value = value.strip()
    if not value or not value.isascii() or not value.isprintable():
        raise ConfigError(name, "is empty or has characters that no key has", "Copy it again.")
    return value
