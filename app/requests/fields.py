"""Which fields of a request were refused, and why, in the words of who wrote the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import RequestValidationError

# A megabyte of unknown fields is told by its first.
_MOST_TOLD = 20
_LONGEST_PART = 64
_PLACES = {"body", "query", "path", "header"}


@dataclass(frozen=True)
class Refused:
    """A field that was refused: its path, such as ``parameters.fast.low``, and why."""

    field: str
    message: str


def refused_fields(error: RequestValidationError) -> list[Refused]:
    """Return the fields that FastAPI's validation refused."""
    return [_refused(item, error.body) for item in error.errors()[:_MOST_TOLD]]


def unparsed_body(error: BaseException) -> Refused:
    """Return why a body could not be parsed."""
    if isinstance(error, UnicodeDecodeError):
        return Refused("body", f"is not text in UTF-8: byte {error.start} is wrong")
    if isinstance(error, RecursionError):
        return Refused("body", "is nested too deeply")
    if isinstance(error, ValueError):  # of Python's limit on the digits of a number
        return Refused("body", "has a number of more digits than are read")
    return Refused("body", "did not come whole")


def _refused(item: dict[str, Any], body: object) -> Refused:
    place, *path = item["loc"]
    if item["type"] == "json_invalid":
        return Refused("body", f"is not JSON: {item['ctx']['error']} at character {path[0]}")
    if not path and isinstance(body, bytes):
        return Refused("body", "is not taken for JSON; send it with Content-Type: application/json")
    parts = path if path or place not in _PLACES else [place]
    return Refused(".".join(printable(str(part)[:_LONGEST_PART]) for part in parts), _message(item))


def printable(text: str) -> str:
    """Return a text without what UTF-8 cannot write, such as half a surrogate pair out of a JSON escape."""
    return text.encode(errors="backslashreplace").decode()


def _message(item: dict[str, Any]) -> str:
    if item["type"] == "missing":
        return "is required"
    if item["type"] == "extra_forbidden":
        return "is not a field of this request"
    message: str = item["msg"]
    return message.removeprefix("Input ").removeprefix("Value error, ")
