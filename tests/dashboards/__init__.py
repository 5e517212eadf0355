"""Dashboards on a stack with traffic, asked through Grafana."""
