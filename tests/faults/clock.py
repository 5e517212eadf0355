"""A wall clock that jumps, for one Python process and what it starts.

libfaketime would do it for any process, but has ``time.sleep`` fail with "Invalid argument" now and then,
which no clock does. So this takes the place of Python's own; :class:`datetime.datetime` is left as it is.
"""

from __future__ import annotations

from pathlib import Path


class JumpingClock:
    """The wall clock of processes that are started with its environment; monotonic time goes on as it does.

    Args:
        file: what they read the offset from, at each look at the clock.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.jump(0)

    def jump(self, seconds: int) -> None:
        """Set the clock so many seconds before or after what it should be."""
        part = self._file.with_suffix(".part")
        part.write_text(str(seconds), encoding="ascii")
        part.replace(self._file)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PYTHONPATH": str(Path(__file__).with_name("jumping_clock")),
            "JUMPING_CLOCK_FILE": str(self._file),
        }
