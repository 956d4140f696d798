"""Which models a build touches: `name`, `+name` with what it reads, `name+` with its readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transforms.errors import SelectionError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from transforms.project import Project


def select_models(project: Project, selectors: Iterable[str] | None) -> tuple[str, ...]:
    """Return the chosen models in build order.

    Args:
        project: The project.
        selectors: Model names, with or without schema, each with an optional `+` before it (and
            everything it needs) or after it (and everything that needs it); None takes all.

    Raises:
        SelectionError: A selector names no model.
    """
    if selectors is None:
        return tuple(project.models)
    needs = {name: model.needs & set(project.models) for name, model in project.models.items()}
    readers = {name: {other for other, needed in needs.items() if name in needed} for name in needs}
    chosen: set[str] = set()
    for selector in selectors:
        name = _find(project, selector)
        chosen.add(name)
        if selector.startswith("+"):
            chosen |= _reach(name, needs)
        if selector.endswith("+"):
            chosen |= _reach(name, readers)
    return tuple(name for name in project.models if name in chosen)


def _find(project: Project, selector: str) -> str:
    bare = selector.removeprefix("+").removesuffix("+")
    for name in project.models:
        if bare in {name, name.partition(".")[2]}:
            return name
    raise SelectionError(selector, project.models)


def _reach(start: str, edges: Mapping[str, Collection[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for name in edges[waiting.pop()]:
            if name not in reached:
                reached.add(name)
                waiting.append(name)
    return reached
