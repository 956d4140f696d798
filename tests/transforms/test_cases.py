"""Given/expect cases: what they read, and that they can fail."""

from __future__ import annotations

import pytest

from transforms import CaseError, EngineError, load_case, run_case

CASE = """-- case: Loaves add up.
-- as_of: 2026-03-01T00:00:00Z
-- given shop.sales
id, bread, sold_at, count
10, rye, 2026-02-03 08:00:00+00, 4
--  a remark
11, "wheat", 2026-02-03 08:00:00+00,2
-- expect marts.agg_breads
bread, loaf_count
rye, 9
wheat, 3
"""


@pytest.fixture
def write_case(tmp_path):
    """Writes a case's text and returns its file."""

    def write(text: str):
        file = tmp_path / "loaves.txt"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_case_holds_when_the_rows_are_as_expected(write_case, bakery_project, shop_engine):
    case = load_case(write_case(CASE))

    assert case.title == "Loaves add up."
    assert run_case(case, bakery_project, shop_engine) == []


@pytest.mark.parametrize(
    ("text", "differences"),
    [
        (
            CASE.replace("rye, 9", "rye, 8"),
            [
                "marts.agg_breads: missing bread=rye, loaf_count=8",
                "marts.agg_breads: surplus bread=rye, loaf_count=9",
            ],
        ),
        (CASE.replace("wheat, 3\n", ""), ["marts.agg_breads: surplus bread=wheat, loaf_count=3"]),
        (
            CASE + "wheat, 3\n",
            ["marts.agg_breads: missing bread=wheat, loaf_count=3"],
        ),
        (CASE.replace("rye, 9", "rye, "), None),
    ],
    ids=["other value", "row too many", "row twice", "null"],
)
def test_case_lists_what_is_missing_and_surplus_when_rows_differ(
    write_case, bakery_project, shop_engine, text, differences
):
    found = run_case(load_case(write_case(text)), bakery_project, shop_engine)

    assert found
    assert differences is None or found == differences


def test_case_compares_only_rows_within_where(write_case, bakery_project, shop_engine):
    text = CASE.replace("marts.agg_breads", "marts.agg_breads where bread = 'rye'")

    found = run_case(load_case(write_case(text)), bakery_project, shop_engine)

    assert found == [
        "marts.agg_breads: missing bread=wheat, loaf_count=3",
    ]


def test_case_compares_values_in_the_table_s_types(write_case, bakery_project, shop_engine):
    text = CASE.replace("rye, 9", "rye, 9.0")

    assert run_case(load_case(write_case(text)), bakery_project, shop_engine) == []


def test_case_reports_failed_checks(write_case, bakery_project, shop_engine):
    text = CASE.replace("10, rye", "10, spelt")

    assert run_case(load_case(write_case(text)), bakery_project, shop_engine) == [
        ("marts.agg_breads: accepted_values(bread: rye, wheat): 1 rows fail, e.g. bread=spelt")
    ]


def test_case_reads_quotes_nulls_and_empty_texts(write_case):
    text = CASE.replace(
        "10, rye, 2026-02-03 08:00:00+00, 4", '10, "a, ""b""", "", ,'.removesuffix(",")
    )

    rows = load_case(write_case(text)).given[0].rows

    assert rows[0] == ("10", 'a, "b"', "", None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CASE.replace("-- case: ", "-- "), "loaves.txt:1: there is no '-- case: …'. Begin"),
        (CASE.replace("-03-01T", "-13-01T"), "as_of '2026-13-01T00:00:00Z' is no time. Write"),
        (CASE.replace("rye, 9", "rye"), "loaves.txt:10: 1 values for 2 columns. Give one for"),
        (CASE.partition("-- expect")[0], "nothing is expected. Add '-- expect schema.table'."),
        (CASE.partition("bread, loaf")[0], "loaves.txt:8: the block has no columns. Put a CSV"),
    ],
    ids=["no title", "no such day", "too few values", "nothing expected", "no columns"],
)
def test_case_names_the_line_when_it_cannot_be_read(write_case, text, message):
    with pytest.raises(CaseError) as raised:
        load_case(write_case(text))

    assert message in str(raised.value)


def test_case_says_which_table_when_a_value_does_not_fit(write_case, bakery_project, shop_engine):
    case = load_case(write_case(CASE.replace("+00, 4", "+00, four")))

    with pytest.raises(EngineError, match=r"loading rows into shop\.sales failed: .*four"):
        run_case(case, bakery_project, shop_engine)
