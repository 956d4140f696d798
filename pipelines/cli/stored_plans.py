"""What the commands on plans share: which plan is meant, and the journal of a warehouse."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UsageError
from pipelines.reverse_sync.anchor import anchor_of
from pipelines.reverse_sync.journal import Journal
from pipelines.reverse_sync.plan import decode_plan
from pipelines.reverse_sync.store import read_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pipelines.reverse_sync.plan import Plan
    from pipelines.warehouse import Warehouse


def find_plan(named: str, warehouse: Warehouse | None) -> Plan:
    """Return the plan that a command names: a file, or the first digits of a digest.

    Raises:
        UsageError: The file cannot be read, or it is none and there is no warehouse to look in.
        PlanFileError: The file is no plan, or was edited.
        UnknownPlanError: No plan of the warehouse has such a digest, or several do.
    """
    path = Path(named)
    if path.suffix == ".json" or path.is_file():
        try:
            return decode_plan(path.read_bytes(), named)
        except OSError as error:
            raise UsageError(f"The plan {named} cannot be read: {error.strerror}.") from error
    if warehouse is None:
        raise UsageError(f"There is no plan file {named}. Give one, or leave --detached out.")
    return read_plan(warehouse, named)


def open_journal(warehouse: Warehouse, clock: Callable[[], datetime]) -> Journal:
    """Return a warehouse's journal, anchored in this user's state folder."""
    folder = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser()
    return Journal(warehouse, clock=clock, anchor=anchor_of(warehouse.location, folder))


def key_path(given: str | None) -> Path:
    """Return the file of the signing key: the one given, or this user's own place for it."""
    if given:
        return Path(given).expanduser()
    folder = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(folder).expanduser() / "cal-warehouse" / "approval.key"
