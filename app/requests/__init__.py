"""What happens to every HTTP request: its id, its limits, whom it may be traced for, how errors are told."""
