"""The settings that dlt finds, asked of dlt only where it could find any.

Importing dlt takes longer than a sync that finds nothing new. Where none of the places that dlt
looks at exists, it finds what the environment variable of that name says, and is not imported.
"""

from __future__ import annotations

import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER: Final = Path(".dlt")
_SECRETS: Final = "secrets.toml"
_CONTAINER_SECRETS: Final = Path("/run/secrets")
_MOVING: Final = ("DLT_", "PROVIDERS__")
"""Variables that name other folders, or stores of secrets to look at."""

_HOSTS: Final = ("airflow", "streamlit", "google.colab", "dlthub")
"""Packages whose own settings dlt reads, or that change what it reads."""


def dlt_to_ask() -> Any:
    """Return dlt where it, as of version 1.31, may find more than variables say; else None."""
    if not (
        "dlt" in sys.modules
        or any(name.startswith(_MOVING) for name in os.environ)
        or any(place.exists() for place in _places())
        or any(_is_installed(package) for package in _HOSTS)
    ):
        return None
    import dlt  # noqa: PLC0415 - takes most of a second

    return dlt


def find_setting(dlt: Any, name: str, *, secret: bool) -> Any:
    """Return a setting such as `sources.cal.api_key` in dlt's order; None where it is nowhere.

    Args:
        dlt: What `dlt_to_ask` returned.
        name: Sections and key, with dots between.
        secret: Also look where only secrets lie.
    """
    if dlt is None:
        return os.environ.get(name.replace(".", "__").upper())
    return (dlt.secrets if secret else dlt.config).get(name)


def secrets_path(dlt: Any) -> Path:
    """Return the path of dlt's secrets file of the working folder; it need not exist."""
    folder = _FOLDER if dlt is None else Path(dlt.current.run_context().settings_dir)
    return folder / _SECRETS


def _places() -> Iterator[Path]:
    yield _FOLDER
    yield _CONTAINER_SECRETS
    parents = {"/var", os.environ.get("XDG_DATA_HOME", "/var"), tempfile.gettempdir()}
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - never raises
    for folder in (home / _FOLDER, *(Path(parent) / "dlt" for parent in parents)):
        yield folder / _SECRETS
        yield folder / "config.toml"


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # nor is the package around it
        return False
