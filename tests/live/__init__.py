"""A whole stack to test against: started, driven with traffic, and asked as Grafana asks it."""
