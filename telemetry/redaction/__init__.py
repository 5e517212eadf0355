"""Takes out of texts what has the form of a key or a password, and bounds how much of a text is told.

The patterns are in ``patterns.yaml``, in RE2's subset: the one list, for everything that leaves a process.
"""

from telemetry.redaction.text import LONGEST_QUOTE, bounded, redact, redact_url, told

__all__ = ["LONGEST_QUOTE", "bounded", "redact", "redact_url", "told"]
