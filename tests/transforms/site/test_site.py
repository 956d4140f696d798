"""The data dictionary of the bakery: what it says, that it escapes, and that it stands alone."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from transforms import Project
from transforms.site import SourceTable, describe_project, render_site, write_site

VOID = {"meta", "br", "link", "img", "input", "wbr"}
SALES = SourceTable(
    "shop.sales",
    "One row per sale as the till sent it.",
    {"id": "The sale.", "bread": "Its bread.", "sold_at": "When.", "count": "Loaves."},
    ("id",),
)


class Page(HTMLParser):
    """The elements of a page, each with attributes, text and the elements around it."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, **dict(attrs), "text": "", "around": list(self.open)}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag):
        return [element for element in self.elements if element["tag"] == tag]

    def row(self, name):
        (row,) = [e for e in self.all("tr") if e.get("id") == name]
        cells = [e for e in self.elements if row in e["around"] and e["tag"] in {"th", "td"}]
        return [re.sub(r"\s+", " ", cell["text"]).strip() for cell in cells]


@pytest.fixture
def site(bakery_project):
    return describe_project(
        bakery_project,
        [SALES],
        title="Bakery",
        types={"marts.agg_breads": {"bread": "varchar", "loaf_count": "hugeint"}},
    )


@pytest.fixture
def page(site):
    return Page(render_site(site))


def test_site_describes_every_table_and_column(page, bakery_project):
    articles = {e["id"]: e["text"] for e in page.all("article")}
    rows = {e["id"] for e in page.all("tr") if "id" in e}

    assert set(articles) == {"overview", "shop.sales", *bakery_project.models}
    assert "Loaves sold per bread." in articles["marts.agg_breads"]
    assert "expression(loaf_count > 0)" in articles["marts.agg_breads"]
    assert "DECISIONS.md#what-a-loaf-is" in articles["marts.agg_breads"]
    assert rows == {
        *(f"shop.sales.{name}" for name in SALES.columns),
        *(f"{m.name}.{c}" for m in bakery_project.models.values() for c in m.column_names),
    }


def test_site_shows_meaning_type_key_metric_and_both_directions_of_lineage(page):
    assert page.row("marts.agg_breads.loaf_count") == [
        "loaf_count hugeint",
        "number; loaves sold = loaves sold; number",
        "int_shop__recent_sales.loaf_count",
        "",
    ]
    assert page.row("marts.agg_breads.bread")[0] == "bread key varchar"
    assert page.row("shop.sales.count") == ["count", "Loaves.", "", "stg_shop__sales.loaf_count"]


def test_site_folds_many_metrics_of_one_column(site):
    table = next(table for table in site.tables if table.name == "marts.agg_breads")
    lines = "\n".join(f"Share {n} [kind = {n}]: what {n} means" for n in range(3))
    columns = tuple(replace(column, metric=lines) for column in table.columns)
    page = Page(render_site(replace(site, tables=(replace(table, columns=columns),))))

    folded = [element for element in page.all("details") if element.get("class") == "metric"]

    assert len(folded) == len(columns)
    assert "3 metrics stand here" in folded[0]["text"]
    assert [e["text"] for e in page.all("b")][:3] == [f"Share {n} [kind = {n}]" for n in range(3)]


def test_site_embeds_the_lineage_that_it_draws(page):
    (script,) = [e for e in page.all("script") if e.get("type") == "application/json"]

    assert json.loads(script["text"])["marts.agg_breads"] == {
        "reads": ["intermediate.int_shop__recent_sales"],
        "columns": {
            "bread": [["intermediate.int_shop__recent_sales", "bread"]],
            "loaf_count": [["intermediate.int_shop__recent_sales", "loaf_count"]],
        },
    }


def test_site_refers_to_nothing_outside_itself(page):
    targets = [
        value
        for element in page.elements
        for name, value in element.items()
        if name in {"href", "src", "srcset", "action", "data", "poster"}
    ]

    assert targets
    assert all(target.startswith("#") for target in targets)
    assert not re.search(r"url\(|@import|https?:(?!//www\.w3\.org/2000/svg)", render_text(page))


def render_text(page):
    return "".join(e["text"] for e in page.all("style") + page.all("script"))


def test_every_link_leads_somewhere_and_ids_are_unique(page):
    ids = [e["id"] for e in page.elements if "id" in e]
    links = {e["href"].removeprefix("#") for e in page.all("a")}

    assert len(ids) == len(set(ids))
    assert links <= set(ids)


def test_site_names_sources_that_nobody_described(bakery_project):
    site = describe_project(bakery_project, title="Bakery")

    (source,) = [table for table in site.tables if table.kind == "source"]
    assert source.name == "shop.sales"
    assert source.readers == ("staging.stg_shop__sales",)


HOSTILE = "</script><script>alert(1)</script><!--"


def test_texts_of_every_origin_are_escaped(write_project):
    folder = write_project({
        "marts/a.sql": f"-- model: marts.a\n-- description: {HOSTILE}\n-- grain: x\n"
        f"-- materialized: table\n\nselect\n    1 as x -- number; {HOSTILE}\n"
    })
    source = SourceTable("shop.sales", HOSTILE, {HOSTILE: HOSTILE})

    page = Page(render_site(describe_project(Project.load(folder), [source], title=HOSTILE)))

    assert len(page.all("script")) == 2
    assert page.all("h1")[0]["text"] == HOSTILE
    assert HOSTILE in {e["text"] for e in page.all("p")}


def test_write_site_replaces_the_file_whole(site, tmp_path):
    folder = tmp_path / "new" / "site"

    first = write_site(site, folder)
    first.write_text("older")
    second = write_site(site, folder)

    assert second.read_text(encoding="utf-8") == render_site(site)
    assert [file.name for file in folder.iterdir()] == ["index.html"]


def test_write_site_refuses_a_folder_that_is_a_file(site, tmp_path):
    (tmp_path / "file").write_text("mine")

    with pytest.raises(FileExistsError, match="file"):
        write_site(site, tmp_path / "file")
