"""Signed statements at rest: rows of `ops.approvals`, and detached files for review in git."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipelines.reverse_sync.approval import (
    SignedStatement,
    Statement,
    StatementKind,
    decode_statement,
)
from pipelines.reverse_sync.errors import ApprovalFileError
from pipelines.reverse_sync.journal import Step
from pipelines.reverse_sync.plan import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from pipelines.reverse_sync.journal import Entry, Journal
    from pipelines.warehouse import Warehouse

_COLUMNS = (
    "statement_id",
    "kind",
    "plan_digest",
    "approver",
    "reason",
    "signed_at",
    "expires_at",
    "content",
    "signature",
    "stored_at",
)
_STEPS = {
    StatementKind.APPROVAL: Step.APPROVED,
    StatementKind.REVOCATION: Step.REVOKED,
}


def write_statement(
    warehouse: Warehouse, journal: Journal, signed: SignedStatement, now: datetime
) -> None:
    """Store a signed statement and note it in the journal; one that is there already is kept."""
    statement = signed.statement
    known = {"id": signed.id}
    if warehouse.scalar("select 1 from ops.approvals where statement_id = $id", known):
        return
    journal.append(
        statement.plan_digest,
        "",
        _STEPS[statement.kind],
        {"statement_id": signed.id, "approver": statement.approver, "reason": statement.reason},
    )
    values = {
        "statement_id": signed.id,
        "kind": str(statement.kind),
        "plan_digest": statement.plan_digest,
        "approver": statement.approver,
        "reason": statement.reason,
        "signed_at": statement.signed_at,
        "expires_at": statement.expires_at,
        "content": canonical(statement).decode(),
        "signature": signed.signature,
        "stored_at": now,
    }
    names, places = ", ".join(_COLUMNS), ", ".join(f"${name}" for name in _COLUMNS)
    warehouse.execute(f"insert into ops.approvals ({names}) values ({places})", values)


def read_statements(warehouse: Warehouse, plan_digest: str) -> list[SignedStatement]:
    """Return what is stored about a plan; only the signed text counts, not the other columns.

    A row that is no statement is left out: it approves nothing, and of a revocation the journal
    keeps the id.
    """
    rows = warehouse.rows(
        "select content, signature from ops.approvals where plan_digest = $plan order by stored_at",
        {"plan": plan_digest},
    )
    found = (_statement(row["content"], row["signature"]) for row in rows)
    return [signed for signed in found if signed is not None]


def _statement(content: str, signature: str) -> SignedStatement | None:
    try:
        statement = msgspec.json.decode(content, type=Statement)
    except msgspec.DecodeError:
        return None
    return SignedStatement(statement=statement, signature=signature)


def revocations_of(entries: Iterable[Entry]) -> frozenset[str]:
    """Return the ids of the revocations that the journal holds."""
    return frozenset(
        entry.details["statement_id"] for entry in entries if entry.step is Step.REVOKED
    )


def read_statement_files(paths: Iterable[Path]) -> list[SignedStatement]:
    """Return the statements of detached files.

    Raises:
        ApprovalFileError: One cannot be read, or is no signed statement, or was edited.
    """
    found = []
    for path in paths:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ApprovalFileError(str(path), f"cannot be read ({error.strerror})") from error
        found.append(decode_statement(content, str(path)))
    return found
