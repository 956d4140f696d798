"""A property computed once per object.

As `functools.cached_property`, which before Python 3.12 holds one lock per class while it computes:
one account that waits for Cal.com would keep all others in the process waiting.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class lazy_property(Generic[T]):  # noqa: N801 - reads as the decorator it is
    """Compute the value when it is first asked for; threads that share the object wait for it."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...
    def __get__(self, instance: object | None, owner: type | None = None) -> Self | T:
        if instance is None:
            return self
        known = instance.__dict__
        with known.setdefault("_lazy_lock", threading.RLock()):
            if self._name not in known:
                known[self._name] = self._compute(instance)
        value: T = known[self._name]
        return value
