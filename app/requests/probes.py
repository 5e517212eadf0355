"""Paths that machines ask every few seconds.

They are neither traced nor counted: they would drown what users do, and thin out every error rate.
"""

from __future__ import annotations

PROBES = frozenset({"/livez", "/readyz", "/metrics"})
