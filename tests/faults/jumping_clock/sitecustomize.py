"""Run by Python at its start when this folder is on PYTHONPATH: see :mod:`tests.faults.clock`."""

import os
import time
from pathlib import Path

_offset = Path(os.environ["JUMPING_CLOCK_FILE"])
_time_ns = time.time_ns


def _jumped_ns() -> int:
    return _time_ns() + int(_offset.read_text(encoding="ascii")) * 1_000_000_000


time.time_ns = _jumped_ns
time.time = lambda: _jumped_ns() / 1e9
