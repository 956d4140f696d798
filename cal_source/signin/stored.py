"""A sign-in that outlives its tokens: kept in the secrets file, renewed before it expires.

Cal.com's refresh tokens work once. So whoever renews holds the file's lock, looks first whether
somebody else has already renewed, and writes the new tokens to disk before using them.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cal_source.errors import ConfigError
from cal_source.signin.token_endpoint import TokenEndpoint
from cal_source.signin.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from cal_source.signin.secrets_file import SecretsFile

TABLE: Final = "sources.cal.oauth"
"""Where in the secrets file a sign-in is kept."""

_MARGIN: Final = timedelta(seconds=60)


def read_tokens(secrets: SecretsFile) -> Tokens | None:
    """Return the stored sign-in; None where nobody is signed in.

    Raises:
        ConfigError: The file cannot be read, or the sign-in in it is incomplete.
    """
    table = secrets.read(TABLE)
    return Tokens.of(table) if table else None


def write_tokens(secrets: SecretsFile, tokens: Tokens) -> None:
    """Store a sign-in in place of the one before; hold the file's lock.

    Raises:
        ConfigError: The file cannot be written.
    """
    secrets.write(TABLE, tokens.table())


class StoredTokens:
    """The access tokens of the stored sign-in; safe to share among threads and processes.

    Args:
        secrets: Where the sign-in is stored.
        endpoint: Makes the token endpoint of an API's address.
        clock: The current time, UTC.

    Raises:
        ConfigError: Nobody is signed in, or the file cannot be read.
    """

    def __init__(
        self,
        secrets: SecretsFile,
        *,
        endpoint: Callable[[str], TokenEndpoint] = TokenEndpoint,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._secrets = secrets
        self._endpoint = endpoint
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = self._read()

    @property
    def base_url(self) -> str:
        """The only API that the tokens may be sent to."""
        return self._tokens.base_url

    def current(self) -> str:
        """Return a token that is good for the next minute.

        Raises:
            RefreshRefused: The sign-in has ended.
            RequestFailed: Renewing brought no usable answer.
            ConfigError: The secrets file cannot be read or written.
        """
        with self._lock:
            if self._is_ending(self._tokens):
                self._renew(self._tokens.access_token)
            return self._tokens.access_token

    def renewed(self, rejected: str) -> str:
        """Return a token other than `rejected`, which the server has refused.

        Raises:
            RefreshRefused: The sign-in has ended.
            RequestFailed: Renewing brought no usable answer.
            ConfigError: The secrets file cannot be read or written.
        """
        with self._lock:
            if self._tokens.access_token == rejected:
                self._renew(rejected)
            return self._tokens.access_token

    def _renew(self, stale: str) -> None:
        with self._secrets.locked():
            stored = self._read()
            if stored.access_token == stale or self._is_ending(stored):
                self._secrets.check_writable()  # before the old refresh token is used up
                stored = self._endpoint(stored.base_url).refresh(stored)
                write_tokens(self._secrets, stored)
            self._tokens = stored

    def _is_ending(self, tokens: Tokens) -> bool:
        return tokens.expires_at - self._clock() < _MARGIN

    def _read(self) -> Tokens:
        tokens = read_tokens(self._secrets)
        if tokens is None:
            raise ConfigError(
                str(self._secrets.path), "holds no sign-in", "Run 'cal-warehouse login'."
            )
        return tokens
