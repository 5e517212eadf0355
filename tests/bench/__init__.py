"""Benchmarks: ratios and latencies measured side by side in one run, never asserted."""
