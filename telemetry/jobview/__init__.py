"""The Job view: everything one job did, its spans, logs and metrics, joined by its id.

Two readers give the same :class:`JobView`: one from the files of the embedded mode, one from Tempo, Loki
and Prometheus. It is shown in a terminal, or as a JSON document.
"""

from telemetry.jobview.backends import BackendReader
from telemetry.jobview.known import Known
from telemetry.jobview.local import LocalReader
from telemetry.jobview.model import JobView
from telemetry.jobview.render import render_view, to_json

__all__ = ["BackendReader", "JobView", "Known", "LocalReader", "render_view", "to_json"]
