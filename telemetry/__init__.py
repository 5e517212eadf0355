"""Reusable OpenTelemetry wiring: configure(), job traces, events, the contract and the Job view."""
