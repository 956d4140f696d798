"""The steps of a run, told to whoever watches through the log; `--debug` shows them."""

from __future__ import annotations

import logging
from enum import StrEnum

_log = logging.getLogger("cal_warehouse.steps")


class Step(StrEnum):
    """What a run is doing."""

    EXTRACT = "extract"
    NORMALIZE = "normalize"
    LOAD = "load"
    PUBLISH = "publish"
    PROOF = "proof"
    TRANSFORM = "transform"
    COPY = "copy"
    EXPORT = "export"


def begin(step: Step) -> None:
    """Say that a step begins; the one before is done."""
    _log.info("%s", step)
