"""What a key may do: each role includes the ones before it."""

from __future__ import annotations

from enum import StrEnum

from app.errors import BadInput, quoted


class Role(StrEnum):
    """A key's role."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """Tell whether this role may do what the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)

    @classmethod
    def named(cls, name: str) -> Role:
        """Return the role of a name.

        Raises:
            BadInput: there is none.
        """
        try:
            return cls(name)
        except ValueError:
            raise BadInput("role", f"is {quoted(name)}; it must be one of {', '.join(cls)}") from None
