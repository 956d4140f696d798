"""dbt in a virtual environment of its own, apart from the package it is held against.

The environment is made once, from the package index that pip is set up with, and kept in the
user's cache folder, named by what it holds. It takes about a minute and 210 MB.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from transforms import Project

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cal-warehouse"
REQUIREMENTS = (
    "dbt-core==1.11.16",
    "dbt-duckdb==1.11.1",
    "dbt-postgres==1.11.0",
    "duckdb==1.5.5",  # the version that wrote the file
)
TESTS = Path(__file__).resolve().parents[1]
RunDbt = Callable[[Path, Mapping[str, str]], str]


@pytest.fixture(scope="session")
def dbt_program() -> Path:
    """dbt's command; skips where pip cannot install it, and fails there in CI."""
    digest = hashlib.sha256("\n".join((*REQUIREMENTS, sys.version)).encode()).hexdigest()[:12]
    folder = CACHE / f"dbt-{digest}"
    done = folder / "ready"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "dbt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may come at once
        if not done.exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", *REQUIREMENTS]
            made = subprocess.run(pip, capture_output=True, text=True, timeout=900, check=False)
            if made.returncode:
                reason = f"pip cannot install dbt: {made.stderr.strip()[-300:]}"
                if os.environ.get("CI"):
                    pytest.fail(reason)
                pytest.skip(reason)
            done.touch()
    return folder / "bin" / "dbt"


@pytest.fixture
def run_dbt(dbt_program: Path) -> RunDbt:
    """Runs `dbt build` in a folder, with a moment and settings, and returns what it printed."""

    def run(folder: Path, settings: Mapping[str, str], *, as_of: str) -> str:
        done = subprocess.run(
            [dbt_program, "build", "--profiles-dir", ".", "--vars", f'{{as_of: "{as_of}"}}'],
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "NO_COLOR": "1", **settings},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture
def as_of() -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def bakery_project() -> Project:
    """The small project of the engine's tests."""
    return Project.load(TESTS / "transforms" / "bakery")


@pytest.fixture
def differing():
    """Returns, model by model, rows that one build has and the other, dbt's, lacks."""

    def compare(rows_of, project):
        found = {}
        for name, model in project.models.items():
            columns = ", ".join(f'"{column}"' for column in model.column_names)
            ours, theirs = f"select {columns} from {name}", f"select {columns} from dbt_{name}"
            both = f"({ours} except all {theirs}) union all ({theirs} except all {ours})"
            if rows := rows_of(f"select * from ({both}) as both_ways limit 3"):
                found[name] = rows
        return found

    return compare


@pytest.fixture
def postgres_settings():
    """Returns the settings that an exported project reads, for a database's address."""

    def settings(url):
        parts = urlsplit(url)
        return {
            "DBT_POSTGRES_HOST": parse_qs(parts.query)["host"][0],
            "DBT_POSTGRES_USER": parts.username or "",
            "DBT_POSTGRES_DATABASE": parts.path.removeprefix("/"),
        }

    return settings


@pytest.fixture
def write_project(tmp_path: Path):
    """Writes files below a folder and returns it."""

    def write(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            file = tmp_path / "project" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return tmp_path / "project"

    return write
