"""The database: models, and how it is opened."""
