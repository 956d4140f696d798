"""Walks that run at the same time give all their pages, and end together."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cal_source.walk import walk_side_by_side


@given(lengths=st.lists(st.integers(0, 9), max_size=7), workers=st.integers(1, 4))
def test_every_page_of_every_walk_comes_once_and_in_its_walks_order(lengths, workers):
    walks = [lambda w=w, n=n: iter([(w, page) for page in range(n)]) for w, n in enumerate(lengths)]

    pages = list(walk_side_by_side(walks, workers))

    assert sorted(pages) == [(w, page) for w, n in enumerate(lengths) for page in range(n)]
    for walk in range(len(lengths)):
        mine = [page for w, page in pages if w == walk]
        assert mine == sorted(mine)


def test_an_error_in_one_walk_is_raised_and_ends_the_others():
    def endless():
        while True:
            yield "page"

    def broken():
        yield "page"
        raise LookupError("the server said no")

    with pytest.raises(LookupError, match="said no"):
        list(walk_side_by_side([endless, broken], 2))


def test_leaving_early_ends_the_walks():
    ended = threading.Event()

    def endless():
        try:
            while True:
                yield "page"
        finally:
            ended.set()

    pages = walk_side_by_side([endless], 1)
    next(pages)
    pages.close()

    assert ended.wait(5)


def test_walks_wait_when_their_pages_are_not_taken():
    made = []

    def eager():
        for page in range(100):
            made.append(page)
            yield page

    pages = walk_side_by_side([eager], 1)
    next(pages)
    pages.close()

    assert len(made) < 10
