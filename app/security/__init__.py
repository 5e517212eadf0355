"""API keys and the roles they have."""
