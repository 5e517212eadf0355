"""Text that others wrote, made safe to print."""

from __future__ import annotations


def printable(text: str, *, lines: bool = False) -> str:
    r"""Return a text with each character that a terminal acts on, or cannot show, written out: ``\x1b``.

    Args:
        text: whatever someone sent.
        lines: whether line feeds stay.
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or (lines and character == "\n")
        else character.encode("unicode_escape").decode()
        for character in text
    )
