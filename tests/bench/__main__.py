"""``make bench``."""

from __future__ import annotations

from rich.console import Console

from tests.bench.files import measure_files
from tests.bench.freshness import measure_freshness
from tests.bench.job_view import measure_job_view
from tests.bench.overhead import measure_overhead
from tests.bench.requests import measure_requests

console = Console()
measure_overhead(console)
measure_requests(console)
measure_files(console)
measure_freshness(console)
measure_job_view(console)
