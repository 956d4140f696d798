"""The data dictionary: every table and column of a project as one HTML file.

`content` says what is shown, as data; `page` makes the file: HTML with its style, its script and
the lineage inside.
"""

from transforms.site.content import Site, SourceTable, describe_project
from transforms.site.page import render_site, write_site

__all__ = ["Site", "SourceTable", "describe_project", "render_site", "write_site"]
