"""Every error a user can cause, and how it is told.

::

    JobscopeError          told in one line, never with a stack trace
    ├── BadInput           a field has a value it cannot have      HTTP 422
    ├── NotFound           there is no such thing                  HTTP 404
    ├── Conflict           not in its present state                HTTP 409
    ├── Unauthorized       no key, or a wrong one                  HTTP 401
    ├── Forbidden          the key's role does not allow it        HTTP 403
    └── Unavailable        a thing we depend on is not there       HTTP 503
"""

from __future__ import annotations

from telemetry.redaction import LONGEST_QUOTE, told

# A message quotes what it refuses, and that may be a megabyte.
_LONGEST_MESSAGE = 1000


def quoted(value: object) -> str:
    """Return a value as a message quotes it: as much of it as helps to recognise it, and no secret."""
    return told(repr(value), LONGEST_QUOTE)


class JobscopeError(Exception):
    """An error with a message meant for the user: what is wrong and what to do.

    Wherever it is told (an answer, a terminal, a log), no secret that was in the input is in it, and not all
    of a long input.
    """

    def __init__(self, message: str) -> None:
        super().__init__(told(message, 2 * _LONGEST_MESSAGE))


class BadInput(JobscopeError):
    """A field has a value it cannot have.

    Attributes:
        field: the field's path as the user wrote it, such as ``parameters.fast.low``.
        message: what is wrong and what would be right.
    """

    def __init__(self, field: str, message: str) -> None:
        self.field = told(field, LONGEST_QUOTE)
        self.message = told(message, _LONGEST_MESSAGE)
        super().__init__(f"{self.field}: {self.message}")


class NotFound(JobscopeError):
    """There is no such thing."""


class Conflict(JobscopeError):
    """What was asked cannot be done in the thing's present state."""


class Unauthorized(JobscopeError):
    """No API key was given, or one that does not exist or was revoked."""


class Forbidden(JobscopeError):
    """The API key's role does not allow this."""


class Unavailable(JobscopeError):
    """Something we depend on (database, backend, port, file system) does not answer."""
