import json

import pytest

from pipelines.cli import main
from pipelines.cli.output import Output
from pipelines.cli.report import report_warehouse
from pipelines.warehouse import Warehouse
from tests.pipelines.report.conftest import MADE_AT, add_proof, add_run
from tests.pipelines.report.test_html import Page


@pytest.fixture
def synced_path(small_path):
    """The small account's warehouse after a proved sync."""
    with Warehouse.open(str(small_path)) as warehouse:
        add_run(warehouse)
        add_proof(warehouse)
    return small_path


def rows_of(page):
    """Return every table row of a page as its texts, drawings left out."""
    rows = set()
    for row in page.all("tr"):
        texts = []
        for cell in page.inside(row, "th") + page.inside(row, "td"):
            names = page.inside(cell, "bdi")
            if cell["attrs"].get("class") != "drawing":
                texts.append(names[0]["text"] if names else cell["text"])
        rows.add(tuple(texts))
    return rows


def is_part(row, other):
    """Return whether each cell begins some cell of the other row; the terminal shows less."""
    same = row[0] == other[0]
    return same and all(any(full.startswith(cell) for full in other) for cell in row)


def test_report_shows_the_same_rows_in_the_terminal_and_in_the_file(
    synced_path, tmp_path, shown, arguments_of
):
    path = tmp_path / "report.html"

    report_warehouse(arguments_of(synced_path, path), shown, clock=lambda: MADE_AT)

    in_file = rows_of(Page(path.read_text(encoding="utf-8")))
    titles = [title.partition(":")[0].partition(",")[0] for title in shown.tables]
    in_terminal = [row for table in shown.tables.values() for row in table[1:]]
    assert titles == [
        "Headline", "No-shows by host", "No-shows by event type", "Utilisation by host",
        "Routing forms", "Data quality",
    ]  # fmt: skip
    assert len(in_terminal) > 15
    assert [row for row in in_terminal if not any(is_part(row, other) for other in in_file)] == []


def test_report_returns_the_numbers_it_shows(synced_path, tmp_path, shown, arguments_of):
    path = tmp_path / "report.html"

    report = report_warehouse(arguments_of(synced_path, path), shown, clock=lambda: MADE_AT)

    rate = report["headline"]["all_time"]["booking_no_show"]
    assert (rate["numerator"], rate["denominator"], rate["rate"]) == (11, 70, 11 / 70)
    assert report["made_at"] == "2026-03-16T13:00:00Z"
    assert report["html"] == str(path)
    assert shown.lines[-1] == f"Report: {path}"
    assert json.loads(json.dumps(report))["as_of"] == "2026-03-16T12:00:00Z"


def test_report_writes_no_file_when_asked_for_none(synced_path, shown, arguments_of, tmp_path):
    report = report_warehouse(arguments_of(synced_path, "-"), shown, clock=lambda: MADE_AT)

    assert report["html"] is None
    assert not list(tmp_path.glob("*.html"))


def test_report_of_an_empty_warehouse_says_so(empty_path, shown, arguments_of):
    report = report_warehouse(arguments_of(empty_path), shown, clock=lambda: MADE_AT)

    assert "holds no booking" in shown.lines[0]
    assert report["headline"]["all_time"]["booking_no_show"]["rate"] is None
    assert list(shown.tables) == ["Data quality"]


def test_command_prints_one_json_object(synced_path, tmp_path, capsys):
    code = main([
        "report", "--warehouse", str(synced_path), "--html", str(tmp_path / "r.html"), "--json",
    ])  # fmt: skip

    assert code == 0
    assert json.loads(capsys.readouterr().out)["headline"]["all_time"]["bookings"] == 74


def test_tables_fit_a_terminal_of_80_columns(synced_path, monkeypatch, capsys, arguments_of):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")  # no bold, which would count as letters
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    with Warehouse.open(str(synced_path)) as warehouse:  # an ordinary name of ordinary length
        warehouse.execute("update marts.dim_hosts set name = 'Ingrid Halvorsen' where host_id = 2")

    report_warehouse(arguments_of(synced_path), Output(), clock=lambda: MADE_AT)

    lines = capsys.readouterr().out.splitlines()
    numbers = lines[: next(n for n, line in enumerate(lines) if line.startswith("Data quality"))]
    cells = [line.split("│")[1:-1] for line in numbers if line.startswith("│")]
    assert max(map(len, lines)) <= 80
    assert len(cells) > 15
    assert not [row for row in cells if not row[0].strip()]  # no row goes on in a second line


def test_command_prints_hostile_names_as_text(synced_path, capsys):
    code = main(["report", "--warehouse", str(synced_path), "--html", "-"])

    out = capsys.readouterr().out
    assert code == 0
    assert "\x1b[31m" not in out
    assert "<script>" in out


def test_command_exits_74_where_the_report_cannot_be_written(synced_path, tmp_path, capsys):
    missing = str(tmp_path / "missing" / "report.html")

    code = main(["report", "--warehouse", str(synced_path), "--html", missing])

    assert code == 74
    assert missing in (message := capsys.readouterr().err)
    assert "existing folder" in message


def test_command_says_to_transform_where_the_marts_are_missing(tmp_path, capsys):
    path = tmp_path / "raw-only.duckdb"
    with Warehouse.open(str(path)):
        pass

    code = main(["report", "--warehouse", str(path), "--html", "-"])

    assert code == 74
    assert f"cal-warehouse transform --warehouse {path}" in capsys.readouterr().err
