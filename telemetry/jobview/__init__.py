"""The Job view: everything one job did, its spans, logs and metrics, joined by its id.

Two readers give the same :class:`~telemetry.jobview.model.JobView`: one from the files of the embedded
mode, one from Tempo, Loki and Prometheus. A renderer shows it in a terminal, or as a JSON document.
"""
