"""Several walks at once: their pages in the order in which they come."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, Queue
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

Page = TypeVar("Page")

_PAGES_IN_FLIGHT: Final = 2  # per walk: one being used while the next one is fetched
_PATIENCE_SECONDS: Final = 0.05  # how soon an ending walk is noticed


def walk_side_by_side(
    walks: Sequence[Callable[[], Iterator[Page]]], workers: int
) -> Generator[Page]:
    """Yield the pages of independent walks, each in its own order, as they come.

    Walks start in the order given, at most `workers` of them at a time, and wait when their pages
    are not taken. When one fails the others stop after the page they are at, and its error is
    raised; leaving the iterator stops them too.

    Args:
        walks: Make the walks; called in a worker's thread.
        workers: Most threads.

    Yields:
        Pages.

    Raises:
        BaseException: What a walk raised.
    """
    pages: Queue[Page] = Queue(maxsize=_PAGES_IN_FLIGHT * workers)
    stopped = threading.Event()

    def run(walk: Callable[[], Iterator[Page]]) -> None:
        for page in walk():
            pages.put(page)
            if stopped.is_set():
                return

    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="walk") as pool:
        running: list[Future[None]] = [pool.submit(run, walk) for walk in walks]
        try:
            while not (all(future.done() for future in running) and pages.empty()):
                _raise_first_error(running)
                try:
                    yield pages.get(timeout=_PATIENCE_SECONDS)
                except Empty:
                    continue
            _raise_first_error(running)
        finally:
            stopped.set()
            for future in running:
                future.cancel()
            while not all(future.done() for future in running):
                _drain(pages)


def _raise_first_error(running: Sequence[Future[None]]) -> None:
    for future in running:
        if future.done() and not future.cancelled():
            future.result()


def _drain(pages: Queue[Page]) -> None:
    """Take pages that nobody wants any more, so that no walk waits to hand one over."""
    try:
        pages.get(timeout=_PATIENCE_SECONDS)
    except Empty:
        return
