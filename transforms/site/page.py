"""The data dictionary as one HTML file that opens from a folder, without a network."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jinja2

if TYPE_CHECKING:
    from pathlib import Path

    from transforms.site.content import Site


def render_site(site: Site) -> str:
    """Return the site as one HTML document; it refers to nothing outside itself."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("transforms", "site"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(
        site=site,
        style=_part("site.css"),
        script=_part("site.js"),
        lineage=_embedded(_lineage(site)),
    )


def write_site(site: Site, folder: Path) -> Path:
    """Write the site into a folder, whole or not at all, and return the file.

    Raises:
        OSError: The folder or the file cannot be written.
    """
    text = render_site(site)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "index.html"
    draft = folder / f".index-{secrets.token_hex(4)}.tmp"
    try:
        with draft.open("x", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(file)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return file


def _lineage(site: Site) -> dict[str, Any]:
    """What the script draws: tables with what they read, columns with what they are made from."""
    return {
        table.name: {
            "reads": table.reads,
            "columns": {
                column.name: [[origin.table, origin.column] for origin in column.origins]
                for column in table.columns
            },
        }
        for table in site.tables
    }


def _embedded(value: object) -> str:
    # "</script>" and "<!--" inside a script element would end or hide it
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _part(name: str) -> str:
    return files("transforms.site").joinpath(name).read_text(encoding="utf-8")
