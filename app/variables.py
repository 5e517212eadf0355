"""Variables that are named like our settings: one that is misspelt would be a setting nobody makes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from app.errors import BadInput

PREFIX = "JOBSCOPE_"
# Read by the configurations of the stack's programs, and handed to every one of them, us too.
_OF_THE_STACK = frozenset(
    {
        *("ALERTMANAGER_URL", "BIND", "DASHBOARDS_DIR", "GRAFANA_PORT", "POSTGRES_ADDRESS", "QUEUE_DIR"),
        *("COLLECTOR_HEALTH_PORT", "COLLECTOR_METRICS_PORT", "OTLP_GRPC_PORT", "OTLP_HTTP_PORT"),
        *("LOKI_DIR", "LOKI_GRPC_PORT", "LOKI_PORT"),
        *("TEMPO_DIR", "TEMPO_GRPC_PORT", "TEMPO_OTLP_PORT", "TEMPO_OTLP_URL", "TEMPO_PORT"),
        *("STACK_BIN", "STACK_PORT_OFFSET"),
    }
)


def require_known(variables: Iterable[str], settings: Iterable[str]) -> None:
    """Refuse a variable that is no setting, and name the setting that may have been meant.

    Args:
        variables: names of the variables there are.
        settings: names of our settings, such as ``data_dir``.

    Raises:
        BadInput: there is one that nobody reads.
    """
    known = {name.upper() for name in (*settings, *_OF_THE_STACK)}
    for name in sorted(variables):
        if name.upper().startswith(PREFIX) and (rest := name.upper().removeprefix(PREFIX)) not in known:
            meant = difflib.get_close_matches(rest, known, n=1)
            hint = f"did you mean {PREFIX}{meant[0]}?" if meant else "unset it; README.md lists what there is"
            raise BadInput(name, f"is no setting; {hint}")
