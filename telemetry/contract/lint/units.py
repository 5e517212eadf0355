"""Units: what an expression's values are in, and what Grafana would show them as.

A quantity is a product of powers of seconds, bytes and counted things, times a scale: ``rate()`` takes a
power of seconds off, a ratio of two equal quantities is a plain number, and ``100 *`` makes it percent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

# Annotations of plain numbers that are not counts of things.
_NOT_COUNTED = {"{share}", "{probability}", "{value}", "{status}", "{ratio}", "{fraction}"}


@dataclass(frozen=True)
class Quantity:
    """A unit as powers of its bases; ``scale`` is how many of it make one of the base unit."""

    seconds: int = 0
    bytes: int = 0
    items: int = 0
    scale: float | None = 1.0

    def times(self, other: Quantity, power: int = 1) -> Quantity:
        """Return the product with another quantity, or with ``power=-1`` the quotient."""
        scale = None
        if self.scale is not None and other.scale:
            scale = self.scale * other.scale**power
        return Quantity(
            self.seconds + power * other.seconds,
            self.bytes + power * other.bytes,
            self.items + power * other.items,
            scale,
        )

    def per_second(self) -> Quantity:
        """Return the quantity divided by seconds."""
        return replace(self, seconds=self.seconds - 1)

    def __str__(self) -> str:
        """Return it for people: ``bytes/second``."""
        over = [name for name, power in self._powers() if power > 0 for _ in range(power)]
        under = [name for name, power in self._powers() if power < 0 for _ in range(-power)]
        text = "·".join(over) or ("1" if under else "a plain number")
        text += "".join(f"/{name.removesuffix('s')}" for name in under)
        return text if self.scale in (1.0, None) else f"{text} ×{self.scale:g}"

    def _powers(self) -> tuple[tuple[str, int], ...]:
        return (("seconds", self.seconds), ("bytes", self.bytes), ("things", self.items))


NUMBER = Quantity()
COUNT = Quantity(items=1)
SECONDS = Quantity(seconds=1)

_UNITS = {
    "s": SECONDS,
    "ms": Quantity(seconds=1, scale=1e3),
    "By": Quantity(bytes=1),
    "By/s": Quantity(bytes=1, seconds=-1),
    "1": NUMBER,
    "%": Quantity(scale=100.0),
}
_SUFFIXES = {"_seconds": SECONDS, "_bytes": Quantity(bytes=1), "_ratio": NUMBER}


def of_metric(unit: str, instrument: str) -> Quantity | None:
    """Return the quantity of a metric of the contract; None when its unit does not say."""
    if unit in _UNITS:
        return _UNITS[unit]
    if unit.startswith("{"):
        return NUMBER if unit in _NOT_COUNTED else COUNT
    return COUNT if unit == "" and instrument != "gauge" else None


def of_name(name: str, kind: str) -> Quantity | None:
    """Return the quantity that a Prometheus name says; None when it says none."""
    base = name.removesuffix("_total")
    for suffix, quantity in _SUFFIXES.items():
        if base.endswith(suffix):
            return quantity
    return COUNT if kind == "counter" else None


_TIME = {"ns": 1e9, "µs": 1e6, "ms": 1e3, "s": 1.0, "m": 1 / 60, "h": 1 / 3600, "d": 1 / 86400}
_TIME |= {"dtdurations": 1.0, "dtdurationms": 1e3, "clocks": 1.0, "clockms": 1e3}
_TIME |= {"dateTimeAsIso": 1e3, "dateTimeAsLocal": 1e3, "dateTimeAsUS": 1e3, "dateTimeFromNow": 1e3}
_BYTES = {"bytes": 1.0, "decbytes": 1.0, "bits": 8.0, "decbits": 8.0}
_BYTES |= {"kbytes": 1 / 1024, "mbytes": 1 / 1024**2, "gbytes": 1 / 1024**3}
_BYTES |= {"deckbytes": 1e-3, "decmbytes": 1e-6, "decgbytes": 1e-9}
_BYTE_RATES = {"Bps": 1.0, "binBps": 1.0, "bps": 8.0, "binbps": 8.0, "KBs": 1e-3, "MBs": 1e-6}
_RATES = dict.fromkeys(
    ("ops", "reqps", "rps", "wps", "iops", "cps", "eps", "mps", "pps", "recps", "hertz"), 1.0
)
_RATES |= {"opm": 60.0, "reqpm": 60.0, "rpm": 60.0, "cpm": 60.0}
_SHOWN = {
    **{unit: Quantity(seconds=1, scale=scale) for unit, scale in _TIME.items()},
    **{unit: Quantity(bytes=1, scale=scale) for unit, scale in _BYTES.items()},
    **{unit: Quantity(bytes=1, seconds=-1, scale=scale) for unit, scale in _BYTE_RATES.items()},
    **{unit: Quantity(items=1, seconds=-1, scale=scale) for unit, scale in _RATES.items()},
}
_PERCENT = {"percentunit": 1.0, "percent": 100.0}
_PLAIN = {"short", "none", "locale", "sishort"}


def contradicts(shown: str, quantity: Quantity) -> bool:
    """Tell whether values of a quantity cannot be meant to be shown in a Grafana unit.

    A unit of the user's own (``suffix: trials/s``) contradicts nothing. A plain number may be shown for
    counts, ratios and rates, but not for seconds or bytes.
    """
    dimensions = (quantity.seconds, quantity.bytes)
    if shown in _PERCENT:
        unscaled = quantity.scale is None or quantity.scale == _PERCENT[shown]
        return (*dimensions, quantity.items) != (0, 0, 0) or not unscaled
    if shown in _PLAIN:
        return quantity.seconds > 0 or quantity.bytes > 0
    unit = _SHOWN.get(shown)
    if unit is None:
        return False
    if dimensions != (unit.seconds, unit.bytes):
        return True
    return quantity.scale is not None and unit.scale is not None and not _close(quantity.scale, unit.scale)


def fitting(quantity: Quantity) -> str:
    """Return Grafana units that would fit, for messages; empty when none is known."""
    if (quantity.seconds, quantity.bytes, quantity.items) == (0, 0, 0):
        return next((unit for unit, scale in _PERCENT.items() if scale == quantity.scale), "short")
    fits = [unit for unit in (*_SHOWN, "short") if not contradicts(unit, quantity)]
    return fits[0] if fits else ""


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * abs(other)
