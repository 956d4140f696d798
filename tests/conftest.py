"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")

REPOSITORY = Path(__file__).resolve().parent.parent
_REFERENCE = REPOSITORY.parent / "shared" / "cal-api"

settings.register_profile(
    "project",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("project")


@pytest.fixture(scope="session")
def reference_dir() -> Path:
    """The recorded reference data: a real server's answers, beside the repository."""
    if not _REFERENCE.is_dir():
        reason = f"the recorded reference data is not at {_REFERENCE.relative_to(REPOSITORY.parent)}"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}; CI must have it")
        pytest.skip(reason)
    return _REFERENCE
