"""Pages joined into batches of about the wanted size."""

from __future__ import annotations

import pyarrow as pa
import pytest

from cal_source.batches import Batch, join_batches


def page(rows, updated_at=None):
    tables = {"root": pa.table({"n": list(range(rows))}), "child": pa.table({"m": [rows]})}
    return Batch({name: t for name, t in tables.items() if t.num_rows}, updated_at)


@pytest.mark.parametrize(
    ("pages", "sizes"),
    [([], []), ([3], [3]), ([3, 3, 3], [6, 3]), ([9, 1], [9, 1]), ([0, 2], [2])],
    ids=["none", "one", "two and one", "large", "empty page"],
)
def test_join_batches_keeps_every_row_in_order(pages, sizes):
    joined = list(join_batches((page(rows) for rows in pages), "root", rows=5))

    assert [batch.tables["root"].num_rows for batch in joined] == sizes
    assert [m for b in joined for m in b.tables["child"]["m"].to_pylist()] == pages


def test_join_batches_keeps_the_latest_change():
    (batch,) = join_batches([page(1, "2026-02"), page(1), page(1, "2026-01")], "root")

    assert batch.updated_at == "2026-02"
