"""Whether the service can do its work: checks, run all the time, and what they found last."""
