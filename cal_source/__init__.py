"""Cal.com as a dlt source.

    import dlt
    from cal_source import cal_source

    pipeline = dlt.pipeline("cal_com", destination="duckdb", dataset_name="cal")
    pipeline.run(cal_source())

`cal_source` is the dlt source, `CalClient` the HTTP client beneath it. Both are imported on
first use, because dlt alone takes about a second to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cal_source.client import CalClient
    from cal_source.source import cal_source

__all__ = ["CalClient", "cal_source"]


def __getattr__(name: str) -> Any:
    if name == "cal_source":
        from cal_source.source import cal_source  # noqa: PLC0415 - see the module docstring

        return cal_source
    if name == "CalClient":
        from cal_source.client import CalClient  # noqa: PLC0415 - see the module docstring

        return CalClient
    raise AttributeError(name)
