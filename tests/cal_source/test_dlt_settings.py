"""Settings are those that dlt finds, whether it is asked or not."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from cal_source import dlt_settings

_SHOW = """
import json, sys
from cal_source.settings import resolve_settings, secrets_file
found = resolve_settings()
shown = [found.api_key, found.base_url, found.client_id, str(secrets_file().path.resolve())]
print(json.dumps([shown, "dlt" in sys.modules]))
"""
_SECRETS = '[sources.cal]\napi_key = "cal_from_secrets"\n'
_CONFIG = '[sources.cal]\nbase_url = "https://config.example.com"\nclient_id = "app"\n'


def found_in(folder, environment, first=""):
    """Return what a process finds in a working folder, and whether it imported dlt."""
    outer = {
        name: os.environ[name] for name in ("PATH", "PYTHONPATH", "TMPDIR") if name in os.environ
    }
    done = subprocess.run(
        [sys.executable, "-c", first + _SHOW],
        cwd=folder,
        env=outer | {"HOME": str(folder / "home")} | environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def machine_has_settings():
    """Whether dlt is asked on this machine whatever the working folder and the variables say."""
    places = [place for place in dlt_settings._places() if place.is_absolute()]
    return any(place.exists() for place in places) or any(
        dlt_settings._is_installed(package) for package in dlt_settings._HOSTS
    )


@pytest.mark.parametrize(
    ("files", "environment", "asks_dlt"),
    [
        ({}, {}, False),
        ({}, {"CAL_API_KEY": "cal_x", "CAL_BASE_URL": "https://cal.example.com"}, False),
        ({}, {"SOURCES__CAL__API_KEY": "cal_y", "SOURCES__CAL__CLIENT_ID": "a"}, False),
        ({}, {"CAL_API_KEY": "cal_x", "SOURCES__CAL__API_KEY": ""}, False),
        ({".dlt/secrets.toml": _SECRETS, ".dlt/config.toml": _CONFIG}, {}, True),
        ({".dlt/config.toml": _CONFIG}, {"CAL_API_KEY": "cal_x"}, True),
        ({".dlt/secrets.toml": _SECRETS}, {"SOURCES__CAL__API_KEY": "cal_y"}, True),
        ({"other/.dlt/secrets.toml": _SECRETS}, {"DLT_PROJECT_DIR": "other"}, True),
        ({"else/secrets.toml": _SECRETS}, {"DLT_CONFIG_FOLDER": "else"}, True),
    ],
    ids=[
        "nothing",
        "our variables",
        "dlt's variables",
        "empty variable of dlt's",
        "both files",
        "file and variable",
        "dlt's variable and file",
        "another project folder",
        "another settings folder",
    ],
)
def test_what_is_found_is_what_dlt_finds(tmp_path, monkeypatch, files, environment, asks_dlt):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    found, imported = found_in(tmp_path, environment)
    by_dlt, _ = found_in(tmp_path, environment, first="import dlt\n")

    assert found == by_dlt
    assert imported == (asks_dlt or machine_has_settings())


def test_nothing_is_found_where_nothing_is_set(tmp_path):
    (found, _), (by_dlt, _) = found_in(tmp_path, {}), found_in(tmp_path, {}, "import dlt\n")

    assert found == by_dlt
    assert found[:3] == [None, "https://api.cal.com", None]
