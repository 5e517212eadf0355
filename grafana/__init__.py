"""Grafana's dashboards as code: one module a dashboard; ``python -m grafana.generate`` writes the JSON."""
