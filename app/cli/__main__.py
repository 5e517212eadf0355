"""``python -m app.cli``: the ``jobscope`` command without its script."""

from app.cli.main import main

main()
