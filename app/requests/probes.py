"""Paths that machines ask every few seconds.

They are neither traced nor counted: they would drown what users do, and thin out every error rate.
"""

from __future__ import annotations

PROBES = frozenset({"/livez", "/readyz", "/metrics"})

# For the HTTP instrumentation, which searches the whole URL: a Host header must not match.
EXCLUDED_URLS = ",".join(f"^[a-z]+://[^/]*{path}$" for path in sorted(PROBES))
