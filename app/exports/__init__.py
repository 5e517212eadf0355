"""A job's result as a file: CSV or JSON."""
