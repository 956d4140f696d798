"""Addresses of Postgres databases: checked, and never shown with their password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, urlencode, urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from pipelines.errors import UsageError

if TYPE_CHECKING:
    from psycopg import ConnectionInfo

_PLACE: Final = ("host", "hostaddr", "port", "user", "password", "dbname")


def checked(url: str) -> None:
    """Refuse an address that libpq would misread; the message does not repeat it.

    Raises:
        UsageError: It is no address of a Postgres database.
    """
    # libpq ends the password at the first @ and would name the rest as the host, in messages too.
    if urlsplit(url).netloc.count("@") > 1:
        msg = "--warehouse postgresql://… has more than one @. Write the one in a password as %40."
        raise UsageError(msg)
    try:
        conninfo_to_dict(url)
    except (psycopg.ProgrammingError, ValueError):
        msg = (
            "--warehouse postgresql://… cannot be read as an address. Write "
            "postgresql://user@host:5432/database, with % and other signs of a password as %25 "
            "and so on, or leave the password to PGPASSWORD or ~/.pgpass."
        )
        raise UsageError(msg) from None


def shown(url: str) -> str:
    """Return the address as people may see it: its password is ***."""
    place, options = conninfo_to_dict(url), urlsplit(url).query
    user = quote(str(place.get("user") or ""), safe="")
    secret = ":***" if place.get("password") else ""
    host = str(place.get("host") or "")
    port = f":{place['port']}" if place.get("port") else ""
    at = "@" if user or secret else ""
    where = f"{host}{port}" if not host.startswith("/") else ""
    pairs = (option.partition("=") for option in options.split("&") if option)
    kept = "&".join(f"{name}={value}" for name, _, value in pairs if name != "password")
    query = f"?{unquote(kept)}" if kept else ""
    return f"postgresql://{user}{secret}{at}{where}/{place.get('dbname') or ''}{query}"


def secrets_of(url: str) -> tuple[str, ...]:
    """Return the password as it may stand in a driver's message: plain and as in the address."""
    password = str(conninfo_to_dict(url).get("password") or "")
    return tuple({password, quote(password, safe="")} - {""})


def for_dlt(url: str, info: ConnectionInfo) -> str:
    """Return the address that dlt's postgres destination takes.

    dlt insists on a host, a user and a password, which a socket, the environment or a password
    file may have given; so they come from the connection that was made with them. A socket's
    folder goes into the host percent-encoded, as libpq allows.

    Args:
        url: The address as given.
        info: The open connection's.
    """
    user, password, host, database = (
        quote(part, safe="") for part in (info.user, info.password, info.host, info.dbname)
    )
    options = {k: v for k, v in conninfo_to_dict(url).items() if k not in _PLACE}
    query = f"?{urlencode(options, quote_via=quote)}" if options else ""
    return f"postgresql://{user}:{password}@{host}:{info.port}/{database}{query}"
