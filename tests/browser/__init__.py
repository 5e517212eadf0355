"""Dashboards as people see them: a real Grafana in a real browser."""
