"""The file that lists accounts, read and checked before anything is opened or asked."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cal_source.settings import HOSTED_BASE_URL, Settings
from pipelines.errors import ConfigError, UsageError
from pipelines.warehouse import is_postgres, warehouse_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_SECRETS: Final = ("api_key", "access_token", "client_secret")
_KEYS: Final = (
    *_SECRETS,
    *(f"{name}_env" for name in _SECRETS),
    "client_id",
    "base_url",
    "organization_id",
    "warehouse",
)
_PLAIN: Final = tuple(key for key in _KEYS if not key.endswith("_env"))
_TYPES: Final = {"organization_id": int}


@dataclass(frozen=True, slots=True)
class Account:
    """One account.

    Attributes:
        name: What the column `account` says.
        settings: What is needed to reach it.
        warehouse: Its own warehouse, as given to `--warehouse`.
    """

    name: str
    settings: Settings
    warehouse: str


def read_accounts(
    path: Path, environment: Mapping[str, str], *, base_url: str | None = None
) -> list[Account]:
    """Read the accounts that a file lists.

    Args:
        path: A TOML file with a table `[accounts.NAME]` for each.
        environment: Environment variables, which `api_key_env` and its like name.
        base_url: Server of the accounts that name none; None: the hosted service.

    Raises:
        UsageError: There is no such file.
        ConfigError: It cannot be used; the message names the account and never a secret.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"--accounts {path} cannot be read: {error.strerror}. Give the file of accounts."
        raise UsageError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path} is no TOML: {error}."
        raise ConfigError(msg) from error
    listed = content.get("accounts")
    if not isinstance(listed, dict) or not listed or content.keys() - {"accounts", "folder"}:
        msg = f"{path} may have 'folder', and needs a table [accounts.NAME] for each account."
        raise ConfigError(msg)
    folder = path.parent / str(content.get("folder", "accounts"))
    defaults = {"base_url": base_url or environment.get("CAL_BASE_URL") or HOSTED_BASE_URL}
    accounts = [
        _account(str(path), name, entry, folder, environment, defaults)
        for name, entry in listed.items()
    ]
    _check_different(str(path), accounts)
    return accounts


def _account(  # noqa: PLR0917 - one entry and where it stands
    path: str,
    name: str,
    entry: Any,
    folder: Path,
    environment: Mapping[str, str],
    defaults: Mapping[str, str],
) -> Account:
    where = f"{path}, [accounts.{name}]"
    if not _NAME.fullmatch(name):
        msg = f"{where}: names are of a-z, 0-9, _ and -, at most 63, and start with a-z or 0-9."
        raise ConfigError(msg)
    if not isinstance(entry, dict):
        msg = f"{where} is no table of settings."
        raise ConfigError(msg)
    for key, value in entry.items():
        if key not in _KEYS:
            msg = f"{where}: unknown setting '{key}'. Known: {', '.join(_KEYS)}."
            raise ConfigError(msg)
        if type(value) is not _TYPES.get(key, str) or value == "":
            msg = f"{where}: {key} has to be a {_TYPES.get(key, str).__name__}, and not empty."
            raise ConfigError(msg)
    known: dict[str, Any] = {**defaults, **{k: v for k, v in entry.items() if k in _PLAIN}}
    for key in (key for key in entry if key.endswith("_env")):
        known[key.removesuffix("_env")] = _from_environment(where, entry[key], environment)
    own = known.pop("warehouse", str(folder / f"{name}.duckdb"))
    if not is_postgres(own):
        warehouse_path(own)  # refuses what DuckDB cannot read
    settings = Settings(**known)
    if not settings.has_credentials:
        msg = f"{where} has no api_key, no access_token, and no client_id with client_secret."
        raise ConfigError(msg)
    return Account(name, settings, own)


def _from_environment(where: str, variable: str, environment: Mapping[str, str]) -> str:
    value = environment.get(variable)
    if not value:
        msg = f"{where}: the environment variable {variable} is not set."
        raise ConfigError(msg)
    return value


def _check_different(path: str, accounts: Sequence[Account]) -> None:
    # they would share a budget without knowing it, or overwrite each other
    seen: dict[tuple[str, object], str] = {}
    for account in accounts:
        s = account.settings
        place = account.warehouse
        marks: list[tuple[str, object]] = [
            ("warehouse", place if is_postgres(place) else Path(place).resolve()),
            ("credential", (s.base_url, s.api_key, s.access_token, s.client_id)),
        ]
        for what, value in marks:
            other = seen.setdefault((what, value), account.name)
            if other != account.name:
                msg = f"{path}: {other} and {account.name} have the same {what}. Leave one out."
                raise ConfigError(msg)
