"""What leaves the process: telemetry as bytes, where they go, and what became of them."""
