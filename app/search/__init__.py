"""The search: which parameter sets to try, on which bars, and how good each is."""
