"""The contract: every metric, span, event and attribute, defined once in ``registry/*.yaml``."""
