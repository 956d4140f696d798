"""`cal-warehouse call`: any read, lookup or credential flow, by its key."""

from __future__ import annotations

import getpass
import json
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cal_source.calls import prepare_call
from cal_source.catalogue import operation
from cal_source.settings import resolve_settings, secrets_file
from pipelines.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from cal_source.answer import Answer
    from cal_source.settings import Settings
    from cal_source.signin.secrets_file import SecretsFile
    from pipelines.cli.output import Output

STORED_IN: Final = "sources.cal.managed_user"
"""Where in dlt's secrets file `--store` puts a managed user's tokens."""

_TOKEN_FLOWS: Final = ("force_refresh_user_oauth_client", "refresh_oauth_token_for_client_id")
_SECRET_FIELDS: Final = frozenset({
    "accessToken",
    "apiKey",
    "clientSecret",
    "password",
    "refreshToken",
    "secret",
    "token",
})
_HIDDEN: Final = "<secret>"
_SIGNED_TOKEN: Final = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*")
_COLUMNS_SHOWN: Final = 8


def run_call(arguments: argparse.Namespace, output: Output) -> int:
    """Call one operation and show its answer, without secrets unless they are asked for.

    Raises:
        UsageError: The options make no sense together.
    """
    if arguments.store and arguments.key not in _TOKEN_FLOWS:
        msg = f"--store needs a call that returns tokens: {' or '.join(_TOKEN_FLOWS)}"
        raise UsageError(msg)
    settings = resolve_settings({
        "base_url": arguments.base_url,
        "organization_id": arguments.org_id,
    })
    given: dict[str, object] = dict(_given(arguments.param, arguments.secret))
    if "orgId" in operation(arguments.key).path_parameters:
        given.setdefault("orgId", settings.organization_id)
    prepare_call(arguments.key, given)  # faults are told before a key is needed
    secrets = secrets_file() if arguments.store else None
    with settings.client() as client:
        if secrets is not None:
            with secrets.locked():
                secrets.check_writable()  # before the old tokens are used up
        answer = client.call(arguments.key, **given)
    if secrets is not None:
        _store(secrets, answer)
        output.warn(f"The tokens are in {secrets.path}, [{STORED_IN}].")
    _show(arguments.key, answer, _Curtain.of(settings, lifted=arguments.show_secrets), output)
    return 0


def _given(parameters: Sequence[tuple[str, str]], asked_for: Sequence[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in (*parameters, *((name, _ask(name)) for name in asked_for)):
        if name in given:
            msg = f"parameter {name} is given twice. Join several values by commas."
            raise UsageError(msg)
        given[name] = value
    return given


def _ask(name: str) -> str:
    """Return a secret from the terminal without showing it, or a line of standard input."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{name}: ")
    return sys.stdin.readline().rstrip("\n")


def _store(secrets: SecretsFile, answer: Answer) -> None:
    data = answer.data
    expiry = datetime.fromtimestamp(data["accessTokenExpiresAt"] / 1000, UTC)
    with secrets.locked():
        secrets.write(
            STORED_IN,
            {
                "access_token": data["accessToken"],
                "refresh_token": data["refreshToken"],
                "expires_at": expiry.isoformat(timespec="seconds"),
            },
        )


@dataclass
class _Curtain:
    """Hides secrets in what is shown, and knows whether it hid any.

    Attributes:
        own: Secrets that signed the request; Cal.com repeats them in connect addresses.
        lifted: Whether secrets are shown.
        has_hidden: Whether something was hidden.
    """

    own: tuple[str, ...]
    lifted: bool
    has_hidden: bool = False

    @classmethod
    def of(cls, settings: Settings, *, lifted: bool) -> _Curtain:
        """Return the curtain for calls with these settings."""
        token = settings.signed_in.current() if settings.signed_in else None
        own = (settings.api_key, settings.access_token, settings.client_secret, token)
        return cls(tuple(secret for secret in own if secret), lifted)

    def hide(self, value: Any, field: str = "") -> Any:
        """Return `value` without secrets."""
        if self.lifted:
            return value
        if isinstance(value, dict):
            return {name: self.hide(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.hide(inner) for inner in value]
        if not isinstance(value, str) or not value:
            return value
        shown = _HIDDEN if field in _SECRET_FIELDS else _SIGNED_TOKEN.sub(_HIDDEN, value)
        for secret in self.own:
            shown = shown.replace(secret, _HIDDEN)
        self.has_hidden |= shown != value
        return shown


def _show(key: str, answer: Answer, curtain: _Curtain, output: Output) -> None:
    data = curtain.hide(answer.data)
    location = curtain.hide(answer.location)
    output.result({
        "key": key,
        "status": answer.status,
        "data": data,
        "location": location,
        "pagination": answer.pagination,
        "request_id": answer.request_id,
    })
    if location is not None:
        output.say(f"Cal.com sends the browser on to {location}")
    elif isinstance(data, dict) and data:
        rows = [(name, _cell(value)) for name, value in data.items()]
        output.table(key, ("field", "value"), rows)
    elif isinstance(data, list) and data:
        _show_list(key, data, output)
    else:
        output.say(f"{key}: done, and Cal.com returned {'nothing' if data is None else data}.")
    if curtain.has_hidden:
        output.warn("Secrets are hidden; --show-secrets shows them.")


def _show_list(key: str, rows: Sequence[Any], output: Output) -> None:
    """Show records as a table of their first plain fields; other values one by one."""
    if not all(isinstance(row, dict) for row in rows):
        output.table(key, ("value",), [(_cell(row),) for row in rows])
        return
    names = dict.fromkeys(name for row in rows for name in row)
    shown = [name for name in names if all(_is_plain(row, name) for row in rows)][:_COLUMNS_SHOWN]
    output.table(key, shown, [[_cell(row.get(name)) for name in shown] for row in rows])
    output.say(f"{len(rows):,} records; --json shows all of every one.")


def _is_plain(row: Mapping[str, Any], name: str) -> bool:
    return not isinstance(row.get(name), dict | list)


def _cell(value: Any) -> Any:
    """Return a value for a table; ids stay as Cal.com writes them, without separators."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
