"""The warehouse as the commands that change it open it: one writer, then the readers' copy."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipelines.lease import writing
from pipelines.reader_copy import check_copy_target, publish_copy
from pipelines.steps import Step, begin
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from pipelines.cli.output import Output


@contextmanager
def open_for_writing(
    arguments: argparse.Namespace,
    command: str,
    output: Output,
    *,
    holds_accounts: bool = False,
    must_exist: bool = False,
) -> Iterator[Warehouse]:
    """Open the warehouse as its only writer; where asked for, put a copy in place afterwards.

    Args:
        arguments: With `warehouse` and `publish_copy`.
        command: What others are told that this run does.
        output: Where the copy is mentioned.
        holds_accounts: The warehouse is one of many accounts.
        must_exist: The command makes no new warehouse.

    Yields:
        The open warehouse.
    """
    if arguments.publish_copy:
        check_copy_target(arguments.warehouse, arguments.publish_copy)
    with (
        Warehouse.open(
            arguments.warehouse, holds_accounts=holds_accounts, must_exist=must_exist
        ) as warehouse,
        writing(warehouse, command),
    ):
        yield warehouse
    if arguments.publish_copy:
        begin(Step.COPY)
        copy = publish_copy(arguments.warehouse, arguments.publish_copy)
        output.say(f"Readers find this run in {copy}.")
