"""Which models a build touches: `name`, `+name` with what it reads, `name+` with its readers.

`tag:word` stands for every model with that tag, with the same `+` before or after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from transforms.errors import SelectionError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from transforms.project import Project

_TAG = "tag:"


def select_models(project: Project, selectors: Iterable[str] | None) -> tuple[str, ...]:
    """Return the chosen models in build order.

    Args:
        project: The project.
        selectors: Model names, with or without schema, or `tag:word`, each with an optional `+`
            before it (and everything it needs) or after it (and everything that needs it); None
            takes all.

    Raises:
        SelectionError: A selector names no model.
    """
    if selectors is None:
        return tuple(project.models)
    needs = {name: model.needs & set(project.models) for name, model in project.models.items()}
    readers = {name: {other for other, needed in needs.items() if name in needed} for name in needs}
    chosen: set[str] = set()
    for selector in selectors:
        for name in _find(project, selector):
            chosen.add(name)
            if selector.startswith("+"):
                chosen |= _reach(name, needs)
            if selector.endswith("+"):
                chosen |= _reach(name, readers)
    return tuple(name for name in project.models if name in chosen)


def _find(project: Project, selector: str) -> list[str]:
    bare = selector.removeprefix("+").removesuffix("+")
    tag = bare.removeprefix(_TAG) if bare.startswith(_TAG) else None
    found = [
        name
        for name, model in project.models.items()
        if bare in {name, name.partition(".")[2]} or tag in model.header.tags
    ]
    if not found:
        tags = {f"{_TAG}{word}" for model in project.models.values() for word in model.header.tags}
        raise SelectionError(selector, {*project.models, *tags})
    return found


def _reach(start: str, edges: Mapping[str, Collection[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for name in edges[waiting.pop()]:
            if name not in reached:
                reached.add(name)
                waiting.append(name)
    return reached
