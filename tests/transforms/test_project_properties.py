"""Order and selection hold for any project, however its files are named."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms import Project, ProjectError
from transforms.selection import select_models

HEADER = "-- model: marts.{0}\n-- description: d\n-- grain: x\n-- materialized: table\n"


def load(edges: dict[int, set[int]], names: list[str]) -> Project:
    """Models that read each other as `edges` say, under the given names."""
    with tempfile.TemporaryDirectory() as folder:
        marts = Path(folder) / "marts"
        marts.mkdir()
        for node, reads in edges.items():
            tables = "".join(f"\ncross join marts.{names[r]} as t{r}" for r in sorted(reads))
            body = f"select 1 as x -- n; x\nfrom (select 1 as one) as o{tables}\n"
            text = HEADER.format(names[node]) + body
            (marts / f"{names[node]}.sql").write_text(text, encoding="utf-8")
        return Project.load(Path(folder))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[int, set[int]], list[str]]:
    """A graph whose edges lead to smaller numbers only, and shuffled names."""
    size = draw(st.integers(1, 8))
    edges = {
        node: draw(st.sets(st.integers(0, node - 1))) if node else set() for node in range(size)
    }
    return edges, draw(st.permutations([f"m{number}" for number in range(size)]))


@settings(max_examples=40)
@given(graphs())
def test_project_puts_every_model_after_all_it_reads(graph):
    edges, names = graph

    order = [name.removeprefix("marts.") for name in load(edges, names).models]

    assert sorted(order) == sorted(names)
    for node, reads in edges.items():
        assert all(order.index(names[r]) < order.index(names[node]) for r in reads)


@settings(max_examples=25)
@given(graphs(), st.data())
def test_project_finds_the_circle_when_one_edge_closes_it(graph, data):
    edges, names = graph
    start = data.draw(st.sampled_from(sorted(edges)))
    reached = {start}
    while more := {r for node in reached for r in edges[node]} - reached:
        reached |= more
    edges[data.draw(st.sampled_from(sorted(reached)))].add(start)

    with pytest.raises(ProjectError, match=r"models read each other in a circle: marts\.m\d → "):
        load(edges, names)


@settings(max_examples=25)
@given(graphs(), st.data())
def test_select_takes_exactly_what_can_be_reached_in_build_order(graph, data):
    edges, names = graph
    start = data.draw(st.sampled_from(sorted(edges)))
    project = load(edges, names)
    inputs, readers = {start}, {start}
    for _ in edges:
        inputs |= {r for node in inputs for r in edges[node]}
        readers |= {node for node, reads in edges.items() if reads & readers}

    for selector, expected in ((f"+{names[start]}", inputs), (f"{names[start]}+", readers)):
        chosen = select_models(project, [selector])
        assert set(chosen) == {f"marts.{names[node]}" for node in expected}
        assert list(chosen) == [name for name in project.models if name in chosen]
