"""Faults to put into what we depend on, for tests: one small file a kind."""
