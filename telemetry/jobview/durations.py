"""Times and durations in words."""

from __future__ import annotations

from datetime import UTC, datetime


def duration_text(ns: float) -> str:
    """Return a duration in nanoseconds to about three digits, in the unit that suits it."""
    if ns < 10**6:
        return f"{ns / 1e3:.0f} µs"
    if ns < 10**9:
        return f"{ns / 1e6:.0f} ms"
    if ns < 60 * 10**9:
        return f"{ns / 1e9:.1f} s"
    minutes, seconds = divmod(round(ns / 1e9), 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def offset_text(ns: int) -> str:
    """Return a time after the job's start, in nanoseconds, to the millisecond."""
    hours, rest = divmod(ns / 1e9, 3600)
    minutes, seconds = divmod(rest, 60)
    if hours:
        return f"{hours:.0f}:{minutes:02.0f}:{seconds:06.3f}"
    return f"{minutes:.0f}:{seconds:06.3f}"


def time_text(ns: int) -> str:
    """Return a time in nanoseconds since 1970 as date and time of day, UTC."""
    return datetime.fromtimestamp(ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
