"""Panels of the API dashboard about answers that last as long as there is to send."""

from __future__ import annotations

from typing import Any

from grafana.panels import time_series
from grafana.queries import promql


def open_streams() -> list[Any]:
    """Return the panels of streams: how many there are, how long they last."""
    return [
        time_series(
            "Open streams",
            "Followed jobs and exports that are being sent. Who follows a job does so until it "
            "ends, or he leaves.",
            [promql("sum by (http_route) (api_streams_open)", "{{http_route}}")],
            unit="short",
            size=(12, 8),
            none="No stream was opened since the API started",
        ).min(0),
        time_series(
            "How long streams last",
            "From the first byte; half and 95 % of those that ended are at most this long.",
            [
                promql(
                    f"histogram_quantile({share}, sum by (le, http_route) "
                    "(rate(api_stream_duration_seconds_bucket[$__rate_interval])))",
                    f"{{{{http_route}}}}: {name}",
                )
                for share, name in ((0.5, "half"), (0.95, "95 %"))
            ],
            unit="s",
            size=(12, 8),
            none="No stream ended in this time range",
            points=True,
        ).min(0),
    ]


def exports() -> list[Any]:
    """Return the panels of exports: how many, how large."""
    return [
        time_series(
            "Exports",
            "Begun, delivered whole and broken off, in each interval. Begun but not delivered: look for the "
            "error above.",
            [
                promql("sum(increase(export_operations_total[$__rate_interval]))", "begun"),
                promql("sum(increase(export_operations_completed_total[$__rate_interval]))", "delivered"),
                promql("sum(increase(export_operations_failed_total[$__rate_interval]))", "broken off"),
            ],
            unit="short",
            size=(12, 8),
            none="No export was asked for in this time range",
        ).min(0),
        time_series(
            "Size of exports",
            "Half and 95 % of the exports delivered are at most this large.",
            [
                promql(
                    f"histogram_quantile({share}, sum by (le, export_format) "
                    "(rate(export_file_size_bytes_bucket[$__rate_interval])))",
                    f"{{{{export_format}}}}: {name}",
                )
                for share, name in ((0.5, "half"), (0.95, "95 %"))
            ],
            unit="bytes",
            size=(12, 8),
            none="No export was delivered in this time range",
            points=True,
        ).min(0),
    ]
