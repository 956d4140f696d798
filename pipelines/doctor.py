"""Checks of everything a run needs, each with what to do when it fails."""

from __future__ import annotations

import importlib.util
import platform
import shutil
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from packaging.version import Version

from cal_source.bookings import booking_view, count_bookings
from cal_source.catalogue import operation
from cal_source.errors import CalError
from cal_source.extraction import Extraction
from cal_source.targets import FEEDS, targets_of
from pipelines.errors import PipelineError, WarehouseMissing
from pipelines.exit_codes import ExitCode, exit_code_of
from pipelines.warehouse import Warehouse, is_postgres, warehouse_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cal_source.settings import Settings

_LEAST_FREE_BYTES: Final = 500_000_000
PINS: Final = {
    "dlt": ("1.31", "1.32"),
    "duckdb": ("1.5", "2"),
    "sqlglot": ("30.8", "30.22"),
}
"""Versions that work together; why each bound is there: README.md, section "Limits"."""


class Verdict(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check.

    Attributes:
        check: What was looked at.
        verdict: How it came out.
        found: What was found.
        remedy: What to do; empty when nothing is to be done.
        exit_code: Exit code of the command when this is the first failure.
    """

    check: str
    verdict: Verdict
    found: str
    remedy: str = ""
    exit_code: ExitCode = ExitCode.DONE


def examine(
    settings: Callable[[], Settings], warehouse: str, **client_options: Any
) -> Iterator[Finding]:
    """Yield one finding after another: versions, warehouse, key, server, rights.

    Args:
        settings: Finds the settings; may raise for a bad one.
        warehouse: The `--warehouse` argument.
        client_options: For the client, such as a transport.
    """
    yield from _versions()
    yield from _warehouse(warehouse)
    try:
        found = settings()
        client = found.client(**client_options)
    except CalError as error:
        yield _failure("key", error)
        return
    with client:
        yield from _account(Extraction(client, organization_id=found.organization_id))


def _versions() -> Iterator[Finding]:
    yield Finding("python", Verdict.OK, platform.python_version())
    for name, (low, high) in PINS.items():
        have = version(name)
        fits = Version(low) <= Version(have) < Version(high)
        yield Finding(
            name,
            Verdict.OK if fits else Verdict.WARNING,
            have,
            "" if fits else f"Install {name}>={low},<{high}; others are known to break.",
        )
    if importlib.util.find_spec("pandas"):
        yield Finding(
            "pandas",
            Verdict.WARNING,
            "installed beside cal-warehouse",
            "Uninstall it here: DuckDB imports it and every run starts a second later.",
        )


def _warehouse(location: str) -> Iterator[Finding]:
    try:
        with Warehouse.open(location, read_only=True) as warehouse:
            runs = warehouse.scalar("select count(*) from ops.runs")
            yield Finding(
                "warehouse", Verdict.OK, f"{warehouse.location} opens, {runs} runs so far"
            )
            if is_postgres(location):
                yield _rights(warehouse)
    except WarehouseMissing as error:
        found = f"{error.location} will be made by the first sync"
        yield Finding("warehouse", Verdict.OK, found)
    except (PipelineError, OSError) as error:
        yield _failure("warehouse", error)
        return
    if not is_postgres(location):
        yield _disk_space(warehouse_path(location))


def _rights(warehouse: Warehouse) -> Finding:
    """Tell whether the role may sync: every run makes a schema of its own."""
    may = warehouse.scalar("select has_database_privilege(current_database(), 'CREATE')")
    role = warehouse.scalar("select current_user")
    return Finding(
        "rights",
        Verdict.OK if may else Verdict.WARNING,
        f"{role} may sync" if may else f"{role} may only read",
        "" if may else "Sync as the role that 'cal-warehouse roles' makes for it.",
    )


def _disk_space(path: Path) -> Finding:
    free = shutil.disk_usage(_existing_folder(path)).free
    enough = free >= _LEAST_FREE_BYTES
    return Finding(
        "disk space",
        Verdict.OK if enough else Verdict.WARNING,
        f"{free / 1e9:,.1f} GB free",
        "" if enough else "Make room: a sync needs space for the rows twice.",
    )


def _existing_folder(path: Path) -> Path:
    return next(folder for folder in path.absolute().parents if folder.exists())


def _account(extraction: Extraction) -> Iterator[Finding]:
    try:
        me = extraction.me
        organization = extraction.organization_id
    except CalError as error:
        yield _failure("server and key", error)
        return
    base_url = extraction.client.base_url
    yield Finding("server and key", Verdict.OK, f"{base_url} knows the key as user {me['id']}")
    yield _rate_limit(extraction)
    yield Finding("organisation", Verdict.OK, str(organization) if organization else "none")
    yield _bookings(extraction)
    for resource in FEEDS:
        if resource not in {"me", "bookings"}:
            yield _list_rights(extraction, resource)


def _rate_limit(extraction: Extraction) -> Finding:
    answer = extraction.client.get(operation("retrieve_my_information"))
    limits = [
        f"{name.removeprefix('x-ratelimit-limit-')}: {value} a minute"
        for name, value in sorted(answer.headers.items())
        if name.startswith("x-ratelimit-limit-")
    ]
    return Finding("rate limit", Verdict.OK, ", ".join(limits) or "the server names none")


def _bookings(extraction: Extraction) -> Finding:
    try:
        view = booking_view(extraction)
        count = count_bookings(extraction, view)
    except CalError as error:
        return _failure("bookings", error)
    skipped = [r for r in extraction.ledger.reads if r.resource == "bookings"]
    remedy = f"For more, {skipped[0].reason}" if skipped and extraction.organization_id else ""
    return Finding("bookings", Verdict.OK, f"{count:,} visible as {view.scope}", remedy)


def _list_rights(extraction: Extraction, resource: str) -> Finding:
    """Tell how much of a small list the key may read, by its first target of each kind."""
    targets = targets_of(extraction, resource)
    readable, refused = [], [f"{skip.scope}: {skip.reason}" for skip in targets.skips]
    tried: set[str] = set()
    for target, _ in targets.reads:
        if target.operation in tried:
            continue
        tried.add(target.operation)
        try:
            extraction.records(target)
            readable.append(target.scope)
        except CalError as error:
            refused.append(f"{target.scope}: {error}")
    verdict = Verdict.OK if readable else Verdict.WARNING
    found = f"readable: {', '.join(readable)}" if readable else "nothing readable"
    return Finding(resource, verdict, found, "; ".join(refused))


def _failure(check: str, error: Exception) -> Finding:
    return Finding(check, Verdict.FAILED, type(error).__name__, str(error), exit_code_of(error))
