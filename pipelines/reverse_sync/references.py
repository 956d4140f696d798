"""Values that are filled in when a change is applied: secrets by name, results of earlier changes.

`secret:NAME` stands for a secret that plan and journal never hold. `result:ID.FIELD` stands for a
field of the result of the change `ID` (an id Cal.com gave to what it created); in an undo,
`result:.FIELD` for the result of the very change that it takes back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipelines.reverse_sync.errors import MissingResultError, MissingSecretError
from pipelines.reverse_sync.plan import REFERENCE_PREFIX, RESULT_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pipelines.reverse_sync.actions.model import Asked
    from pipelines.reverse_sync.plan import Change, Condition

_VARIABLE = "CAL_SECRET_"


def secrets_of(environment: Mapping[str, str]) -> Callable[[str], str]:
    """Return the function that gives a secret by its name: `CAL_SECRET_<NAME>` in `environment`.

    The function raises MissingSecretError where the variable is not set or empty.
    """

    def secret(name: str) -> str:
        value = environment.get(_VARIABLE + name)
        if not value:
            raise MissingSecretError(name, _VARIABLE + name)
        return value

    return secret


def resolved(
    value: Any,
    *,
    secret: Callable[[str], str],
    results: Mapping[str, Mapping[str, Any]],
) -> Any:
    """Return `value` with every reference in it replaced.

    Args:
        value: A target, query or body of a change.
        secret: Gives a secret by name.
        results: Kept result fields by change id.

    Raises:
        MissingSecretError: A secret is not set.
        MissingResultError: A change that was to come first has no such result.
    """
    if isinstance(value, dict):
        return {k: resolved(v, secret=secret, results=results) for k, v in value.items()}
    if isinstance(value, list):
        return [resolved(entry, secret=secret, results=results) for entry in value]
    if not isinstance(value, str):
        return value
    if value.startswith(REFERENCE_PREFIX):
        return secret(value.removeprefix(REFERENCE_PREFIX))
    if value.startswith(RESULT_PREFIX):
        change_id, _, name = value.removeprefix(RESULT_PREFIX).partition(".")
        if name not in results.get(change_id, {}):
            raise MissingResultError(change_id, name)
        return results[change_id][name]
    return value


def with_results(change: Change, results: Mapping[str, Mapping[str, Any]]) -> Change:
    """Return a change with the results of earlier changes filled in; secrets stay references.

    Raises:
        MissingResultError: A change that was to come first has no such result.
    """

    def fill(value: Any) -> Any:
        return resolved(value, secret=_kept, results=results)

    def fill_all(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        return tuple(replace(one, value=fill(one.value)) for one in conditions)

    read = change.read
    return replace(
        change,
        target=fill(change.target),
        query=fill(change.query),
        body=fill(change.body),
        read=read
        and replace(read, path=fill(read.path), query=fill(read.query), select=fill(read.select)),
        precondition=fill_all(change.precondition),
        done=fill_all(change.done),
    )


def renamed(asked: Asked, ids: Mapping[str, str]) -> Asked:
    """Return what is asked for with the names of requests in `result:` turned into ids."""

    def rename(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: rename(entry) for name, entry in value.items()}
        if isinstance(value, list):
            return [rename(entry) for entry in value]
        if not isinstance(value, str) or not value.startswith(RESULT_PREFIX):
            return value
        name, dot, place = value.removeprefix(RESULT_PREFIX).partition(".")
        return f"{RESULT_PREFIX}{ids[name]}{dot}{place}"

    body = None if asked.body is None else rename(asked.body)
    return replace(asked, target=rename(asked.target), query=rename(asked.query), body=body)


def _kept(name: str) -> str:
    return REFERENCE_PREFIX + name


def references(value: Any, prefix: str) -> Iterator[str]:
    """Yield what stands behind `prefix` in every reference of that sort in `value`."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for entry in value:
            yield from references(entry, prefix)
    elif isinstance(value, str) and value.startswith(prefix):
        yield value.removeprefix(prefix)
