"""Where a run's settings come from.

In dlt's own order (arguments, environment `SOURCES__CAL__…`, `.dlt/secrets.toml`,
`.dlt/config.toml`), and only where dlt finds nothing from `CAL_API_KEY`, `CAL_BASE_URL` and
`CAL_ORG_ID`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import dlt

from cal_source.client import CalClient
from cal_source.errors import ConfigError

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
    """

    api_key: str | None = field(default=None, repr=False)
    base_url: str = HOSTED_BASE_URL
    organization_id: int | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)

    def client(self, **options: Any) -> CalClient:
        """Return a client with these settings; `options` go to `CalClient`.

        Raises:
            ConfigError: There is neither a key nor a platform client.
        """
        if not self.api_key and not (self.client_id and self.client_secret):
            raise ConfigError(
                "CAL_API_KEY",
                "is not set, and dlt knows no sources.cal.api_key",
                "Make a key in Cal.com under Settings > Developer > API keys and set CAL_API_KEY, "
                "or put api_key under [sources.cal] in .dlt/secrets.toml; "
                "'cal-warehouse demo' needs none.",
            )
        return CalClient(
            self.api_key,
            base_url=self.base_url,
            client_id=self.client_id,
            client_secret=self.client_secret,
            **options,
        )


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

    def find(name: str, variable: str | None, *, secret: bool) -> Any:
        value = given.get(name)
        if value is None:
            store = dlt.secrets if secret else dlt.config
            value = store.get(f"{_SECTION}.{name}")
        if value is None and variable:
            value = environment.get(variable) or None
        return value

    return Settings(
        api_key=find("api_key", "CAL_API_KEY", secret=True),
        base_url=find("base_url", "CAL_BASE_URL", secret=False) or HOSTED_BASE_URL,
        organization_id=_number(find("organization_id", "CAL_ORG_ID", secret=False)),
        client_id=find("client_id", None, secret=False),
        client_secret=find("client_secret", None, secret=True),
    )


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
