"""An optimization, the job: submitting, reading, cancelling, and the worker's flow."""
