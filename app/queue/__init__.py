"""The durable queue: the port, and its DBOS adapter."""
