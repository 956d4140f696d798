"""`transform --plan`, `docs` and `export` as commands: what they print, write and exit with."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import psycopg
import pytest

from pipelines.cli.main import main
from pipelines.models import build_models
from pipelines.warehouse import Warehouse

AS_OF = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture
def empty(location):
    """Where a warehouse without rows is, as given to --warehouse."""
    with Warehouse.open(location):
        return location


def build(location):
    with Warehouse.open(location) as warehouse:
        assert build_models(warehouse, as_of=AS_OF, clock=lambda: AS_OF).ok


@pytest.fixture
def command(capsys):
    """Runs a command; returns its exit code, standard output and standard error."""

    def run(*arguments):
        capsys.readouterr()
        code = main(arguments)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_plan_tells_a_first_build_from_one_that_changes_nothing(empty, command):
    code, out, _ = command("transform", "--plan", "--warehouse", empty, "--json")
    before = json.loads(out)

    assert code == 2
    assert {model["change"]["change"] for model in before["models"]} == {"new"}

    build(empty)
    code, out, _ = command("transform", "--plan", "--warehouse", empty, "--json")
    after = json.loads(out)

    assert code == 0
    assert not after["has_changes"]
    assert {model["change"]["change"] for model in after["models"]} == {"unchanged"}
    assert [model["name"] for model in after["models"]] == [m["name"] for m in before["models"]]


def test_plan_shows_what_differs_from_the_text_that_was_built(empty, command):
    build(empty)
    with Warehouse.open(empty) as warehouse:  # as if an older version had built it
        warehouse.execute(
            "update ops.models set file_text = replace(file_text, "
            "'rating, -- number', 'rating + 0 as rating, -- number') "
            "where name = 'staging.stg_cal__bookings'"
        )

    code, out, _ = command("transform", "--plan", "--warehouse", empty)
    text = re.sub(r"[^\S\n]+", " ", out)

    assert code == 2
    assert "stg_cal__bookings │ breaking │" in text
    assert "another meaning of rating" in text
    assert "marts.fct_bookings: reached columns rating" in text
    assert "Some changes are breaking." in text
    with Warehouse.open(empty, read_only=True) as warehouse:
        runs = warehouse.scalar("select count(*) from ops.runs")
    assert runs == 1  # a plan is no run


def test_plan_forgets_a_model_without_a_file_after_a_whole_build(empty, command):
    build(empty)
    with Warehouse.open(empty) as warehouse:
        warehouse.execute(
            "insert into ops.models select 'marts.old', path, file_text, column_types, "
            "source_types, built_at, run_id from ops.models where name = 'marts.dim_as_of'"
        )

    code, out, _ = command("transform", "--plan", "--warehouse", empty)
    assert code == 2
    assert "marts.old has no file any more; its table stays until you drop it." in out

    build(empty)
    assert command("transform", "--plan", "--warehouse", empty)[0] == 0


def test_plan_of_a_missing_warehouse_says_so(tmp_path, command):
    path = str(tmp_path / "none.duckdb")

    code, _, err = command("transform", "--plan", "--warehouse", path)

    assert code == 74
    assert f"There is no warehouse at {path}" in err


def test_lint_says_what_is_wrong_with_a_project(command, tmp_path, monkeypatch):
    (tmp_path / "marts").mkdir()
    file = tmp_path / "marts" / "a.sql"
    file.write_text(
        "-- model: marts.a\n-- description: d\n-- grain: x\n-- materialized: table\n"
        "select date_trunc('year', t.d) as x -- date; x\nfrom shop.sales as t\n"
    )
    monkeypatch.setattr("pipelines.cli.model_lint.project_folder", lambda: tmp_path)

    code, out, _ = command("transform", "--lint", "--json")
    (problem,) = json.loads(out)["problems"]

    assert code == 6
    assert (problem["path"], problem["line"]) == ("marts/a.sql", 5)
    assert "is not the same on every engine." in problem["message"]

    file.write_text("select 1")
    code, out, _ = command("transform", "--lint")
    assert code == 6
    assert "marts/a.sql:1: the file has no header." in " ".join(out.split())


def test_transform_makes_no_warehouse(command, tmp_path, postgres_server):
    path = tmp_path / "none.duckdb"
    with postgres_server.database(empty=True) as url:
        for location in (str(path), url):
            code, _, err = command("transform", "--warehouse", location)

            assert code == 74
            assert "There is no warehouse at" in err
            assert "Run 'cal-warehouse sync' first, or correct --warehouse." in err
        with psycopg.connect(url) as connection:
            assert (
                connection.execute("select 1 from pg_namespace where nspname = 'raw'").fetchone()
                is None
            )
    assert not path.exists()


def test_docs_take_types_from_the_warehouse(empty, command, tmp_path):
    build(empty)

    code, out, err = command("docs", "--warehouse", empty, "--out", str(tmp_path / "d"), "--json")
    told = json.loads(out)
    html = (tmp_path / "d" / "index.html").read_text(encoding="utf-8")

    assert (code, err) == (0, "")
    assert told["file"] == str(tmp_path / "d" / "index.html")
    assert told["tables"] > 100
    assert '<tr id="marts.fct_bookings.booking_uid">' in html
    assert '<tr id="raw.bookings.uid">' in html
    assert '<tr id="ops.runs.run_id">' in html
    assert '<span class="type">timestamp with time zone</span>' in html


def test_docs_need_no_warehouse(tmp_path, command):
    none = str(tmp_path / "none.duckdb")

    code, out, err = command("docs", "--warehouse", none, "--out", str(tmp_path / "d"))

    assert code == 0
    assert "tables described. Open" in out
    assert "Column types are left out: There is no warehouse at" in err


def test_docs_and_export_refuse_a_folder_that_is_a_file(tmp_path, command):
    (tmp_path / "mine").write_text("text")

    for arguments in (["docs", "--out"], ["export", "dbt"]):
        code, _, err = command(*arguments, str(tmp_path / "mine"))
        assert code == 74
        assert "could not be written: File exists. Give another one" in err


def test_export_refuses_a_folder_with_other_files(tmp_path, command):
    (tmp_path / "mine").write_text("text")

    code, _, err = command("export", "dbt", str(tmp_path))

    assert code == 64
    assert "holds files that no export wrote" in err
    assert (tmp_path / "mine").read_text() == "text"


def test_export_writes_every_model(tmp_path, command):
    code, out, _ = command("export", "dbt", str(tmp_path / "dbt"), "--target", "postgres", "--json")
    told = json.loads(out)
    models = list((tmp_path / "dbt" / "models").rglob("*.sql"))

    assert code == 0
    assert told["target"] == "postgres"
    assert len(models) + len(list((tmp_path / "dbt").rglob("*.csv"))) == told["models"]
    assert "{{ source('raw', 'bookings') }}" in (
        tmp_path / "dbt" / "models" / "staging" / "stg_cal__bookings.sql"
    ).read_text(encoding="utf-8")
