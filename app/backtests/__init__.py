"""The vectorised back-test engine, the strategies, and figures of performance."""
