"""Small SVG elements. Built as a tree, so that names can hold anything and are escaped once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, tostring

if TYPE_CHECKING:
    from collections.abc import Iterable

Attribute = str | float


def element(tag: str, *children: Element, **attributes: Attribute) -> Element:
    """Return an element; `class_` stands for class, `_` in names for a hyphen."""
    made = Element(
        tag, {name.rstrip("_").replace("_", "-"): _text(v) for name, v in attributes.items()}
    )
    made.extend(children)
    return made


def label(content: str, x: float, y: float, **attributes: Attribute) -> Element:
    """Return a text at a point; attributes as those of `element`."""
    made = element("text", x=x, y=y, **attributes)
    made.text = content
    return made


def tip(content: str) -> Element:
    """Return a title, which browsers show beside the pointer and readers speak."""
    made = element("title")
    made.text = content
    return made


def picture(
    title: str, description: str, size: tuple[float, float], parts: Iterable[Element], class_: str
) -> str:
    """Return a drawing as inline SVG that names and describes itself.

    Args:
        title: What it is, in a few words.
        description: What it shows, for those who do not see it; may be empty.
        size: Width and height of its own coordinates; on the page it scales.
        parts: What is drawn, back to front.
        class_: CSS class.
    """
    spoken = [tip(title)]
    if description:
        about = element("desc")
        about.text = description
        spoken.append(about)
    width, height = size
    root = element(
        "svg",
        *spoken,
        *parts,
        class_=class_,
        role="img",
        viewBox=f"0 0 {_text(width)} {_text(height)}",
    )
    return tostring(root, encoding="unicode")


def _text(value: Attribute) -> str:
    return value if isinstance(value, str) else f"{round(value, 2):g}"
