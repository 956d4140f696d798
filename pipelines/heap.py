"""The process's heap: what a long load needs of Python's collector and of the C library."""

from __future__ import annotations

import gc
import sys
from typing import Final

_NEW_CONTAINERS: Final = 50_000  # a page of bookings makes thousands, and no cycle of them
_ARENAS: Final = 2
_M_ARENA_MAX: Final = -8  # in malloc.h


def tune_heap() -> None:
    """Look for cycles seldom, and have threads share heaps.

    glibc gives the threads of two cores up to 16 heaps, each of which keeps what was freed in it:
    the longer a load, the more.
    """
    gc.set_threshold(_NEW_CONTAINERS, *gc.get_threshold()[1:])
    _call_glibc("mallopt", _M_ARENA_MAX, _ARENAS)


def trim_heap() -> None:
    """Give memory that was freed back to the system; glibc keeps it for whoever asks next."""
    _call_glibc("malloc_trim", 0)


def _call_glibc(function: str, *arguments: int) -> None:
    """Call a function of the C library; other libraries than glibc do not have it."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - not for --help

        found = getattr(ctypes.CDLL(None), function, None)
        if found is not None:
            found(*arguments)
