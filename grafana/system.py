"""System health: the machine, our processes, and what they depend on."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import dashboard as build

from grafana.board import board, choice_from_metrics, row
from grafana.looks import AMBER, GREEN, RED, thresholds, up_and_down
from grafana.panels import special, stat, time_series, timeline
from grafana.queries import promql, service_graph

_OURS = 'service_namespace="jobscope", service_name=~"$service"'
# Not tmpfs and the like, which fill without harm, nor loop devices and partitions, which count twice.
_DISKS = 'fstype!~"tmpfs|ramfs|overlay|squashfs|devtmpfs", mountpoint!~"/etc/.*|/run/.*|/proc/.*"'
# What goes through a container's or a tunnel's interface goes through a real one too.
_INTERFACES = 'device!~"lo|veth.*|br-.*|docker.*|ifb.*|tun.*"'


def build_dashboard() -> build.Dashboard:
    """Return the dashboard."""
    dashboard = board(
        "system",
        "Is anything short: CPU, memory, disk, network, file descriptors? Do the dependencies answer?",
    ).with_variable(
        choice_from_metrics(
            "service",
            "Service",
            'label_values(process_cpu_utilization_ratio{service_namespace="jobscope"}, service_name)',
        )
    )
    for panel in _now():
        dashboard = dashboard.with_panel(panel)
    for title, panels in (
        ("Dependencies", _dependencies()),
        ("Host", _host()),
        ("Our processes", [*_processes(), _who_calls_whom()]),
    ):
        dashboard = dashboard.with_row(row(title))
        for panel in panels:
            dashboard = dashboard.with_panel(panel)
    return dashboard


def _now() -> list[Any]:
    return [
        stat(
            "CPU busy",
            "Share of all cores. Near 100 % while jobs run is what the workers are for.",
            promql('1 - avg(rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))', "busy"),
            unit="percentunit",
            none="node-exporter is silent",
            trend=True,
        )
        .decimals(0)
        .max(1)
        .thresholds(thresholds(GREEN, (0.9, AMBER))),
        stat(
            "Memory in use",
            "Share that programs cannot have any more; caches do not count.",
            promql("1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", "used"),
            unit="percentunit",
            none="node-exporter is silent",
            trend=True,
        )
        .decimals(0)
        .max(1)
        .thresholds(thresholds(GREEN, (0.8, AMBER), (0.95, RED))),
        stat(
            "Fullest disk",
            "Share in use. The telemetry backends stop taking data when it is full.",
            promql(
                f"max(1 - node_filesystem_avail_bytes{{{_DISKS}}} / node_filesystem_size_bytes{{{_DISKS}}})",
                "used",
            ),
            unit="percentunit",
            none="node-exporter is silent",
        )
        .decimals(0)
        .thresholds(thresholds(GREEN, (0.8, AMBER), (0.95, RED))),
        stat(
            "Load per core",
            "Programs that run or wait to, over 5 minutes. Well over 1: they wait for each other.",
            promql('sum(node_load5) / count(count by (cpu) (node_cpu_seconds_total{mode="idle"}))', "load"),
            none="node-exporter is silent",
            trend=True,
        )
        .decimals(2)
        .thresholds(thresholds(GREEN, (1.5, AMBER), (4, RED))),
        stat(
            "Failing checks",
            "Health checks that did not pass at their last run.",
            promql("count(min by (check_name) (health_check_status) == 0) or vector(0)", "failing"),
        ).thresholds(thresholds(GREEN, (1, RED))),
        stat(
            "Backends down",
            "Programs of the stack that Prometheus could not scrape.",
            promql("count(up == 0) or vector(0)", "down"),
        ).thresholds(thresholds(GREEN, (1, RED))),
    ]


def _dependencies() -> list[Any]:
    return [
        timeline(
            "Health checks",
            "Each check over time, as the API runs them. Red: it did not pass; its event says why.",
            [promql("min by (check_name) (health_check_status)", "{{check_name}}")],
            size=(8, 8),
            none="The API runs no checks in this time range",
        )
        .mappings(up_and_down("passes", "fails"))
        .interval("15s"),
        time_series(
            "Duration of health checks",
            "Mean. Rising: the dependency is about to fail, or this machine is busy.",
            [
                promql(
                    "sum by (check_name) (rate(health_check_duration_seconds_sum[$__rate_interval])) "
                    "/ sum by (check_name) (rate(health_check_duration_seconds_count[$__rate_interval]))",
                    "{{check_name}}",
                )
            ],
            unit="s",
            size=(8, 8),
            none="The API runs no checks in this time range",
            points=True,
        ).min(0),
        timeline(
            "Programs of the stack",
            "Whether Prometheus could scrape each. While a backend is down, its telemetry waits in the "
            "Collector.",
            [promql("min by (job) (up)", "{{job}}")],
            size=(8, 8),
        )
        .mappings(up_and_down())
        .interval("15s"),
    ]


def _who_calls_whom() -> Any:
    return special(
        "nodeGraph",
        "Who calls whom",
        "From spans: requests per second and their duration. API to worker is the queue. A red arc: calls "
        "that failed. Click a node for its requests.",
        [service_graph()],
        {},
        size=(16, 9),
    )


def _host() -> list[Any]:
    return [
        time_series(
            "CPU by use",
            "Share of all cores. iowait: waits for the disk. steal: the hypervisor gave the time to others.",
            [
                promql(
                    'avg by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[$__rate_interval]))', "{{mode}}"
                )
            ],
            unit="percentunit",
            stacked=True,
        ).min(0),
        time_series(
            "Memory of the host",
            "What programs use, what caches use and would give back, and what is free.",
            [
                promql("node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes", "used"),
                promql("node_memory_MemAvailable_bytes - node_memory_MemFree_bytes", "caches"),
                promql("node_memory_MemFree_bytes", "free"),
            ],
            unit="bytes",
            stacked=True,
        ).min(0),
        time_series(
            "Time lost to waiting",
            "Share of time in which some program waited for CPU, memory or disk (pressure stall "
            "information). The one that is high is the one that is short.",
            [
                promql("rate(node_pressure_cpu_waiting_seconds_total[$__rate_interval])", "for CPU"),
                promql("rate(node_pressure_memory_waiting_seconds_total[$__rate_interval])", "for memory"),
                promql("rate(node_pressure_io_waiting_seconds_total[$__rate_interval])", "for disk"),
            ],
            unit="percentunit",
            none="This kernel does not measure pressure",
        ).min(0),
        time_series(
            "Disk traffic of the host",
            "Bytes per second of each disk; written ones below zero.",
            [
                promql(
                    "sum by (device) (rate(node_disk_read_bytes_total[$__rate_interval])) > 0",
                    "{{device}} read",
                ),
                promql(
                    "-(sum by (device) (rate(node_disk_written_bytes_total[$__rate_interval])) > 0)",
                    "{{device}} written",
                ),
            ],
            unit="Bps",
            none="No disk was used in this time range",
        ),
        time_series(
            "Disk space free",
            "A curve that heads for zero says when.",
            [promql(f"min by (mountpoint) (node_filesystem_avail_bytes{{{_DISKS}}})", "{{mountpoint}}")],
            unit="bytes",
        ).min(0),
        time_series(
            "Network traffic",
            "Bytes per second of each interface but loopback; sent ones below zero.",
            [
                promql(
                    "sum by (device) "
                    f"(rate(node_network_receive_bytes_total{{{_INTERFACES}}}[$__rate_interval]))",
                    "{{device}} received",
                ),
                promql(
                    "-sum by (device) "
                    f"(rate(node_network_transmit_bytes_total{{{_INTERFACES}}}[$__rate_interval]))",
                    "{{device}} sent",
                ),
            ],
            unit="Bps",
        ),
    ]


def _processes() -> list[Any]:
    def per_process(expression: str) -> str:
        # Their whole ids are long and say nothing; eight digits tell them apart.
        return (
            f"label_replace(sum by (service_name, service_instance_id) ({expression}), "
            '"process", "$1", "service_instance_id", "(.{8}).*")'
        )

    name = "{{service_name}} {{process}}"
    return [
        time_series(
            "CPU of our processes",
            "Cores each process keeps busy. A worker at one core is at work.",
            [promql(per_process(f"rate(process_cpu_time_seconds_total{{{_OURS}}}[$__rate_interval])"), name)],
            unit="suffix: cores",
        )
        .decimals(2)
        .min(0),
        time_series(
            "Memory of our processes",
            "Physical memory of each process. A worker that grows from job to job keeps what it should drop.",
            [promql(per_process(f"last_over_time(process_memory_usage_bytes{{{_OURS}}}[15s])"), name)],
            unit="bytes",
        ).min(0),
        time_series(
            "Open file descriptors",
            "Files and connections of each process. Ever rising: connections are not given back.",
            [
                promql(
                    per_process(f"last_over_time(process_open_file_descriptor_count{{{_OURS}}}[15s])"), name
                )
            ],
            unit="short",
        ).min(0),
        time_series(
            "Threads",
            "Threads of each process. The API's requests, like DBOS' workflows, run in threads.",
            [promql(per_process(f"last_over_time(process_thread_count{{{_OURS}}}[15s])"), name)],
            unit="short",
        ).min(0),
        time_series(
            "Garbage collections",
            "Runs per second by generation. Many of generation 2: whole heaps are walked again and again.",
            [
                promql(
                    "sum by (service_name, cpython_gc_generation) "
                    f"(rate(cpython_gc_collections_total{{{_OURS}}}[$__rate_interval]))",
                    "{{service_name}} generation {{cpython_gc_generation}}",
                )
            ],
            unit="ops",
        ).min(0),
        time_series(
            "Disk traffic of our processes",
            "Bytes per second that our processes read and write.",
            [
                promql(
                    "sum by (service_name, direction) "
                    f"(rate(process_disk_io_bytes_total{{{_OURS}}}[$__rate_interval]))",
                    "{{service_name}} {{direction}}",
                )
            ],
            unit="Bps",
        ).min(0),
        time_series(
            "Event loop of the API",
            "How late the loop wakes a task that is due: every request waits as long. Over 0.25 s again and "
            "again is an alert: something blocks it.",
            [
                promql(
                    f"histogram_quantile({share}, sum by (le) "
                    "(rate(api_event_loop_delay_seconds_bucket[$__rate_interval])))",
                    legend,
                )
                for share, legend in ((0.5, "half within"), (0.99, "99 % within"))
            ],
            unit="s",
            size=(8, 9),
            none="API is silent",
        ).min(0),
    ]
