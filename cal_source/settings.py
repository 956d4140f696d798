"""Where a run's settings come from.

In dlt's own order (arguments, environment `SOURCES__CAL__…`, `.dlt/secrets.toml`,
`.dlt/config.toml`), and only where dlt finds nothing from `CAL_API_KEY`, `CAL_BASE_URL`,
`CAL_ORG_ID` and `CAL_V1_BASE_URL`. Where there is neither key nor token nor platform client, the
sign-in that `cal-warehouse login` stored is used.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from cal_source.client import CalClient, normalise_base_url
from cal_source.dlt_settings import dlt_to_ask, find_setting, secrets_path
from cal_source.errors import ConfigError
from cal_source.signin.secrets_file import SecretsFile
from cal_source.signin.stored import TABLE, StoredTokens

if TYPE_CHECKING:
    from collections.abc import Mapping

HOSTED_BASE_URL: Final = "https://api.cal.com"
_SECTION: Final = "sources.cal"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is needed to reach an account.

    Attributes:
        api_key: Cal.com API key; None with platform credentials or where none was found.
        base_url: Address of the API.
        organization_id: Organisation to read; None: the one of the key's user.
        client_id: Platform client id, with `client_secret` instead of a key.
        client_secret: Platform client secret.
        access_token: A managed user's access token, in place of a key.
        v1_base_url: Address of API v1, on servers that still run it.
        signed_in: The stored sign-in, used where there is nothing else.
    """

    api_key: str | None = field(default=None, repr=False)
    base_url: str = HOSTED_BASE_URL
    organization_id: int | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    v1_base_url: str | None = None
    signed_in: StoredTokens | None = field(default=None, repr=False)

    def client(self, **options: Any) -> CalClient:
        """Return a client with these settings; `options` go to `CalClient`.

        Raises:
            ConfigError: There is nothing to sign requests with, or the stored sign-in is for
                another server.
        """
        if not self.has_credentials:
            if self.signed_in is None:
                raise ConfigError(
                    "CAL_API_KEY",
                    "is not set, dlt knows no sources.cal.api_key, and nobody is signed in",
                    "Make a key in Cal.com under Settings > Developer > API keys and set "
                    "CAL_API_KEY, put api_key under [sources.cal] in .dlt/secrets.toml, or run "
                    "'cal-warehouse login'; 'cal-warehouse demo' needs none.",
                )
            options["tokens"] = self._signed_in_here(self.signed_in)
        return CalClient(
            self.api_key,
            base_url=self.base_url,
            client_id=self.client_id,
            client_secret=self.client_secret,
            access_token=self.access_token,
            v1_base_url=self.v1_base_url,
            **options,
        )

    @property
    def has_credentials(self) -> bool:
        """True where there is a key, a token or a platform client."""
        platform = self.client_id and self.client_secret
        return bool(self.api_key or self.access_token or platform)

    def _signed_in_here(self, signed_in: StoredTokens) -> StoredTokens:
        if normalise_base_url(self.base_url) != signed_in.base_url:
            raise ConfigError(
                f"base_url {self.base_url}",
                f"is not the server of the stored sign-in ({signed_in.base_url}), and tokens go "
                "nowhere else",
                "Leave base_url out, or run 'cal-warehouse login' for that server.",
            )
        return signed_in


def secrets_file() -> SecretsFile:
    """Return dlt's secrets file of the working folder; it need not exist."""
    return SecretsFile(secrets_path(dlt_to_ask()))


def resolve_settings(
    given: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Find the settings of a run.

    Args:
        given: Explicit values by setting name; they win.
        environment: Environment variables; None takes the process's own.

    Raises:
        ConfigError: `CAL_ORG_ID` is not a number.
    """
    given = given or {}
    environment = os.environ if environment is None else environment
    dlt = dlt_to_ask()

    def find(name: str, variable: str | None, *, secret: bool) -> Any:
        value = given.get(name)
        if value is None:
            value = find_setting(dlt, f"{_SECTION}.{name}", secret=secret)
        if value is None and variable:
            value = environment.get(variable) or None
        return value

    settings = Settings(
        api_key=find("api_key", "CAL_API_KEY", secret=True),
        base_url=find("base_url", "CAL_BASE_URL", secret=False) or "",
        organization_id=_number(find("organization_id", "CAL_ORG_ID", secret=False)),
        client_id=find("client_id", None, secret=False),
        client_secret=find("client_secret", None, secret=True),
        access_token=find("access_token", None, secret=True),
        v1_base_url=find("v1_base_url", "CAL_V1_BASE_URL", secret=False),
    )
    return _with_sign_in(settings, SecretsFile(secrets_path(dlt)))


def _with_sign_in(settings: Settings, secrets: SecretsFile) -> Settings:
    """Return the settings with the stored sign-in, where they need it, and with an address."""
    stored = None
    if not settings.has_credentials and secrets.read(TABLE) is not None:
        stored = StoredTokens(secrets)
    default = stored.base_url if stored else HOSTED_BASE_URL
    return replace(settings, base_url=settings.base_url or default, signed_in=stored)


def _number(value: Any) -> int | None:
    if value is None or isinstance(value, int):
        return value
    try:
        return int(str(value))
    except ValueError as error:
        raise ConfigError(
            f"CAL_ORG_ID={value}",
            "is not a number",
            "Give the organisation's id, or unset it to use the one of the key's user.",
        ) from error
