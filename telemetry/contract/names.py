"""The contract's names; generated from registry/*.yaml by generate.py, do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class MetricDefinition:
    """A metric as the registry defines it."""

    name: str
    instrument: str
    unit: str
    description: str
    attributes: tuple[str, ...]


class Attr:
    """Attribute names."""

    API_KEY_ID: Final = "api.key.id"
    BACKTEST_MAX_DRAWDOWN: Final = "backtest.max_drawdown"
    BACKTEST_TOTAL_RETURN: Final = "backtest.total_return"
    BACKTEST_TRADES: Final = "backtest.trades"
    CHECK_NAME: Final = "check.name"
    CHECKPOINT_DURATION: Final = "checkpoint.duration"
    CHECKPOINT_NUMBER: Final = "checkpoint.number"
    CHECKPOINT_TRIALS: Final = "checkpoint.trials"
    CHUNK_CHECKPOINTS: Final = "chunk.checkpoints"
    CHUNK_FIRST_TRIAL: Final = "chunk.first_trial"
    CHUNK_NUMBER: Final = "chunk.number"
    CHUNK_TRIALS: Final = "chunk.trials"
    CLIENT_ADDRESS: Final = "client.address"
    CLIENT_PORT: Final = "client.port"
    CPU: Final = "cpu"
    CPYTHON_GC_GENERATION: Final = "cpython.gc.generation"
    DATASET_FIRST_NON_POSITIVE: Final = "dataset.first_non_positive"
    DATASET_NAME: Final = "dataset.name"
    DATASET_NON_POSITIVE_ROWS: Final = "dataset.non_positive_rows"
    DATASET_ROWS: Final = "dataset.rows"
    DEVICE: Final = "device"
    DIRECTION: Final = "direction"
    ERROR_TYPE: Final = "error.type"
    EVENT_NAME: Final = "event.name"
    EXCEPTION_ESCAPED: Final = "exception.escaped"
    EXCEPTION_MESSAGE: Final = "exception.message"
    EXCEPTION_STACKTRACE: Final = "exception.stacktrace"
    EXCEPTION_TYPE: Final = "exception.type"
    EXPORT_FORMAT: Final = "export.format"
    EXPORT_SIZE: Final = "export.size"
    GENERATION: Final = "generation"
    HTTP_REQUEST_METHOD: Final = "http.request.method"
    HTTP_REQUEST_METHOD_ORIGINAL: Final = "http.request.method_original"
    HTTP_RESPONSE_STATUS_CODE: Final = "http.response.status_code"
    HTTP_ROUTE: Final = "http.route"
    JOB_ATTEMPT: Final = "job.attempt"
    JOB_BEST_TRIAL: Final = "job.best_trial"
    JOB_BEST_VALUE: Final = "job.best_value"
    JOB_DEFLATED_SHARPE: Final = "job.deflated_sharpe"
    JOB_DURATION: Final = "job.duration"
    JOB_ID: Final = "job.id"
    JOB_OUT_OF_SAMPLE_VALUE: Final = "job.out_of_sample_value"
    JOB_PROGRESS: Final = "job.progress"
    JOB_QUEUE_WAIT: Final = "job.queue.wait"
    JOB_STATE: Final = "job.state"
    JOB_TRIALS_COMPLETED: Final = "job.trials.completed"
    JOB_TRIALS_FAILED: Final = "job.trials.failed"
    JOB_TRIALS_INFEASIBLE: Final = "job.trials.infeasible"
    JOB_TRIALS_REQUESTED: Final = "job.trials.requested"
    JOB_TRIALS_RESTORED: Final = "job.trials.restored"
    JOB_WALK_FORWARD_VALUE: Final = "job.walk_forward_value"
    LOG_RECORD_UID: Final = "log.record.uid"
    MESSAGING_DESTINATION_NAME: Final = "messaging.destination.name"
    MESSAGING_MESSAGE_ID: Final = "messaging.message.id"
    MESSAGING_OPERATION_NAME: Final = "messaging.operation.name"
    MESSAGING_OPERATION_TYPE: Final = "messaging.operation.type"
    MESSAGING_SYSTEM: Final = "messaging.system"
    NETWORK_PROTOCOL_VERSION: Final = "network.protocol.version"
    OBJECTIVE_NAME: Final = "objective.name"
    OTEL_COMPONENT_NAME: Final = "otel.component.name"
    OTEL_COMPONENT_TYPE: Final = "otel.component.type"
    OTEL_METRIC_OVERFLOW: Final = "otel.metric.overflow"
    OTEL_SPAN_PARENT_ORIGIN: Final = "otel.span.parent.origin"
    OTEL_SPAN_SAMPLING_RESULT: Final = "otel.span.sampling_result"
    PROCESS_PID: Final = "process.pid"
    REQUEST_ID: Final = "request.id"
    REQUEUE_REASON: Final = "requeue.reason"
    SAMPLER_NAME: Final = "sampler.name"
    SERVER_ADDRESS: Final = "server.address"
    SERVER_PORT: Final = "server.port"
    SERVICE_INSTANCE_ID: Final = "service.instance.id"
    SERVICE_NAME: Final = "service.name"
    SERVICE_NAMESPACE: Final = "service.namespace"
    SERVICE_VERSION: Final = "service.version"
    STATE: Final = "state"
    STRATEGY_NAME: Final = "strategy.name"
    TELEMETRY_SDK_LANGUAGE: Final = "telemetry.sdk.language"
    TELEMETRY_SDK_NAME: Final = "telemetry.sdk.name"
    TELEMETRY_SDK_VERSION: Final = "telemetry.sdk.version"
    TRIAL_NUMBER: Final = "trial.number"
    TRIAL_OUTCOME: Final = "trial.outcome"
    TRIAL_PARAMETERS: Final = "trial.parameters"
    TRIAL_REASON: Final = "trial.reason"
    TRIAL_VALUE: Final = "trial.value"
    TYPE: Final = "type"
    URL_PATH: Final = "url.path"
    URL_QUERY: Final = "url.query"
    URL_SCHEME: Final = "url.scheme"
    USER_AGENT_ORIGINAL: Final = "user_agent.original"
    USER_AGENT_SYNTHETIC_TYPE: Final = "user_agent.synthetic.type"
    VALIDATION_FIELDS: Final = "validation.fields"
    WORKER_SLOT: Final = "worker.slot"


class Event:
    """Event names."""

    API_KEY_CREATED: Final = "api.key.created"
    API_KEY_REVOKED: Final = "api.key.revoked"
    API_REQUEST_FAILED: Final = "api.request.failed"
    API_REQUEST_REJECTED: Final = "api.request.rejected"
    API_STARTED: Final = "api.started"
    API_STOPPED: Final = "api.stopped"
    DATASET_LOADED: Final = "dataset.loaded"
    DATASET_PRICE_NON_POSITIVE: Final = "dataset.price.non_positive"
    EXPORT_COMPLETED: Final = "export.completed"
    HEALTH_CHECK_CHANGED: Final = "health.check.changed"
    OPTIMIZATION_ATTEMPT_SUPERSEDED: Final = "optimization.attempt.superseded"
    OPTIMIZATION_BEST_IMPROVED: Final = "optimization.best.improved"
    OPTIMIZATION_CANCEL_REQUESTED: Final = "optimization.cancel.requested"
    OPTIMIZATION_CANCELLED: Final = "optimization.cancelled"
    OPTIMIZATION_CHECKPOINT_COMMITTED: Final = "optimization.checkpoint.committed"
    OPTIMIZATION_COMPLETED: Final = "optimization.completed"
    OPTIMIZATION_FAILED: Final = "optimization.failed"
    OPTIMIZATION_HOLDOUT_EVALUATED: Final = "optimization.holdout.evaluated"
    OPTIMIZATION_INTERRUPTED: Final = "optimization.interrupted"
    OPTIMIZATION_LOST: Final = "optimization.lost"
    OPTIMIZATION_RECOVERED: Final = "optimization.recovered"
    OPTIMIZATION_REQUEUED: Final = "optimization.requeued"
    OPTIMIZATION_RETRIED: Final = "optimization.retried"
    OPTIMIZATION_STARTED: Final = "optimization.started"
    OPTIMIZATION_SUBMITTED: Final = "optimization.submitted"
    OPTIMIZATION_TRIAL_FAILED: Final = "optimization.trial.failed"
    OPTIMIZATION_TRIALS_RESTORED: Final = "optimization.trials.restored"
    WORKER_HEARTBEAT_FAILED: Final = "worker.heartbeat.failed"
    WORKER_STARTED: Final = "worker.started"
    WORKER_STOPPED: Final = "worker.stopped"


class SpanName:
    """Span names."""

    HTTP_SERVER: Final = "{http.request.method} {http.route}"
    OPTIMIZATION_EVALUATE_HOLDOUT: Final = "evaluate holdout"
    OPTIMIZATION_FINISH_ATTEMPT: Final = "finish attempt"
    OPTIMIZATION_LOAD_PRICES: Final = "load prices"
    OPTIMIZATION_PROCESS: Final = "process optimizations"
    OPTIMIZATION_RESTORE_TRIALS: Final = "restore trials"
    OPTIMIZATION_SEARCH_CHUNK: Final = "search chunk"
    OPTIMIZATION_SEND: Final = "send optimizations"
    OPTIMIZATION_STORE_RESULTS: Final = "store results"
    OPTIMIZATION_TRIAL: Final = "trial"


class Metric:
    """Metrics."""

    API_ERRORS: Final = MetricDefinition(
        "api.errors",
        "counter",
        "{error}",
        "HTTP requests answered with status 400 or above, or not at all.",
        ("http.request.method", "http.route", "http.response.status_code", "error.type", ),
    )
    API_EVENT_LOOP_DELAY: Final = MetricDefinition(
        "api.event_loop.delay",
        "histogram",
        "s",
        "How late the API's event loop wakes a task that is due: what blocks the loop delays every request by as much.",
        (),
    )
    API_REQUEST_DURATION: Final = MetricDefinition(
        "api.request.duration",
        "histogram",
        "s",
        "Duration of HTTP requests, of a stream up to its first byte: the semantic conventions' http.server.request.duration under the name our users query.",
        ("http.request.method", "http.route", "http.response.status_code", "error.type", ),
    )
    API_REQUESTS: Final = MetricDefinition(
        "api.requests",
        "counter",
        "{request}",
        "HTTP requests answered.",
        ("http.request.method", "http.route", "http.response.status_code", ),
    )
    API_REQUESTS_IN_PROGRESS: Final = MetricDefinition(
        "api.requests.in_progress",
        "updowncounter",
        "{request}",
        "HTTP requests being answered, a stream up to its first byte: the semantic conventions' http.server.active_requests under the name our users query.",
        ("http.request.method", ),
    )
    API_STREAM_DURATION: Final = MetricDefinition(
        "api.stream.duration",
        "histogram",
        "s",
        "How long a stream (a job that is followed, an export) lasted from its first byte: as long as there was to send, or until the client left.",
        ("http.route", "error.type", ),
    )
    API_STREAMS_OPEN: Final = MetricDefinition(
        "api.streams.open",
        "updowncounter",
        "{stream}",
        "Streams (jobs that are followed, exports) being sent.",
        ("http.route", ),
    )
    CPYTHON_GC_COLLECTIONS: Final = MetricDefinition(
        "cpython.gc.collections",
        "counter",
        "{collection}",
        "Runs of the garbage collector.",
        ("cpython.gc.generation", "generation", ),
    )
    EXPORT_FILE_SIZE: Final = MetricDefinition(
        "export.file.size",
        "histogram",
        "By",
        "Size of exports delivered.",
        ("export.format", ),
    )
    EXPORT_OPERATIONS: Final = MetricDefinition(
        "export.operations",
        "counter",
        "{operation}",
        "Exports begun.",
        ("export.format", ),
    )
    EXPORT_OPERATIONS_COMPLETED: Final = MetricDefinition(
        "export.operations.completed",
        "counter",
        "{operation}",
        "Exports delivered whole.",
        ("export.format", ),
    )
    EXPORT_OPERATIONS_FAILED: Final = MetricDefinition(
        "export.operations.failed",
        "counter",
        "{operation}",
        "Exports that broke off.",
        ("export.format", "error.type", ),
    )
    HEALTH_CHECK_DURATION: Final = MetricDefinition(
        "health.check.duration",
        "histogram",
        "s",
        "Duration of health checks.",
        ("check.name", ),
    )
    HEALTH_CHECK_STATUS: Final = MetricDefinition(
        "health.check.status",
        "gauge",
        "{status}",
        "1 when the check passed at its last run, 0 when it did not.",
        ("check.name", ),
    )
    OPTIMIZATION_ATTEMPTS: Final = MetricDefinition(
        "optimization.attempts",
        "counter",
        "{attempt}",
        "Attempts of workers at jobs that ended, by the state they left the job in.",
        ("job.state", ),
    )
    OPTIMIZATION_CHECKPOINT_DURATION: Final = MetricDefinition(
        "optimization.checkpoint.duration",
        "histogram",
        "s",
        "Seconds of work that a checkpoint committed.",
        ("strategy.name", "dataset.name", ),
    )
    OPTIMIZATION_JOB_DURATION: Final = MetricDefinition(
        "optimization.job.duration",
        "histogram",
        "s",
        "Seconds from submission to the end of a job.",
        ("strategy.name", "dataset.name", "job.state", ),
    )
    OPTIMIZATION_JOB_PROGRESS: Final = MetricDefinition(
        "optimization.job.progress",
        "gauge",
        "{share}",
        "Share of the requested trials that is committed, 0 to 1, of the job this worker is at; absent while it is at none.",
        ("strategy.name", "dataset.name", ),
    )
    OPTIMIZATION_JOBS: Final = MetricDefinition(
        "optimization.jobs",
        "counter",
        "{job}",
        "Jobs submitted, read from the database.",
        ("strategy.name", "dataset.name", ),
    )
    OPTIMIZATION_JOBS_CANCELLED: Final = MetricDefinition(
        "optimization.jobs.cancelled",
        "counter",
        "{job}",
        "Jobs cancelled, read from the database.",
        ("strategy.name", "dataset.name", ),
    )
    OPTIMIZATION_JOBS_COMPLETED: Final = MetricDefinition(
        "optimization.jobs.completed",
        "counter",
        "{job}",
        "Jobs completed, read from the database.",
        ("strategy.name", "dataset.name", ),
    )
    OPTIMIZATION_JOBS_FAILED: Final = MetricDefinition(
        "optimization.jobs.failed",
        "counter",
        "{job}",
        "Jobs failed, read from the database.",
        ("strategy.name", "dataset.name", ),
    )
    OPTIMIZATION_QUEUE_OLDEST_WAIT: Final = MetricDefinition(
        "optimization.queue.oldest_wait",
        "gauge",
        "s",
        "How long the job that waits longest has waited; 0 when none does.",
        (),
    )
    OPTIMIZATION_QUEUE_SIZE: Final = MetricDefinition(
        "optimization.queue.size",
        "gauge",
        "{job}",
        "Jobs waiting for a worker.",
        (),
    )
    OPTIMIZATION_QUEUE_WAIT: Final = MetricDefinition(
        "optimization.queue.wait",
        "histogram",
        "s",
        "Seconds a job waited for an attempt to begin.",
        (),
    )
    OPTIMIZATION_REQUEUES: Final = MetricDefinition(
        "optimization.requeues",
        "counter",
        "{job}",
        "Jobs that waited and were queued again, since no worker would have got them.",
        ("requeue.reason", ),
    )
    OPTIMIZATION_TRIALS: Final = MetricDefinition(
        "optimization.trials",
        "counter",
        "{trial}",
        "Trials committed.",
        ("strategy.name", "dataset.name", "trial.outcome", ),
    )
    OPTIMIZATION_WORKERS: Final = MetricDefinition(
        "optimization.workers",
        "gauge",
        "{worker}",
        "Workers whose heartbeat is fresh.",
        (),
    )
    OTEL_SDK_EXPORTER_LOG_EXPORTED: Final = MetricDefinition(
        "otel.sdk.exporter.log.exported",
        "counter",
        "{log_record}",
        "Log records exported, or lost with an error.type.",
        ("otel.component.name", "otel.component.type", "server.address", "server.port", "error.type", ),
    )
    OTEL_SDK_EXPORTER_LOG_INFLIGHT: Final = MetricDefinition(
        "otel.sdk.exporter.log.inflight",
        "updowncounter",
        "{log_record}",
        "Log records being exported.",
        ("otel.component.name", "otel.component.type", "server.address", "server.port", ),
    )
    OTEL_SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED: Final = MetricDefinition(
        "otel.sdk.exporter.metric_data_point.exported",
        "counter",
        "{data_point}",
        "Measurements exported, or lost with an error.type.",
        ("otel.component.name", "otel.component.type", "server.address", "server.port", "error.type", ),
    )
    OTEL_SDK_EXPORTER_METRIC_DATA_POINT_INFLIGHT: Final = MetricDefinition(
        "otel.sdk.exporter.metric_data_point.inflight",
        "updowncounter",
        "{data_point}",
        "Measurements being exported.",
        ("otel.component.name", "otel.component.type", "server.address", "server.port", ),
    )
    OTEL_SDK_EXPORTER_OPERATION_DURATION: Final = MetricDefinition(
        "otel.sdk.exporter.operation.duration",
        "histogram",
        "s",
        "Seconds an export took.",
        ("otel.component.name", "otel.component.type", "server.address", "server.port", "http.response.status_code", "error.type", ),
    )
    OTEL_SDK_EXPORTER_SPAN_EXPORTED: Final = MetricDefinition(
        "otel.sdk.exporter.span.exported",
        "counter",
        "{span}",
        "Spans exported, or lost with an error.type.",
        ("otel.component.name", "otel.component.type", "server.address", "server.port", "error.type", ),
    )
    OTEL_SDK_EXPORTER_SPAN_INFLIGHT: Final = MetricDefinition(
        "otel.sdk.exporter.span.inflight",
        "updowncounter",
        "{span}",
        "Spans being exported.",
        ("otel.component.name", "otel.component.type", "server.address", "server.port", ),
    )
    OTEL_SDK_LOG_CREATED: Final = MetricDefinition(
        "otel.sdk.log.created",
        "counter",
        "{log_record}",
        "Log records made.",
        (),
    )
    OTEL_SDK_METRIC_READER_COLLECTION_DURATION: Final = MetricDefinition(
        "otel.sdk.metric_reader.collection.duration",
        "histogram",
        "s",
        "Seconds a collection of measurements took.",
        ("otel.component.name", "otel.component.type", ),
    )
    OTEL_SDK_PROCESSOR_LOG_PROCESSED: Final = MetricDefinition(
        "otel.sdk.processor.log.processed",
        "counter",
        "{log_record}",
        "Log records handed to the exporter, or dropped with error.type queue_full.",
        ("otel.component.name", "otel.component.type", "error.type", ),
    )
    OTEL_SDK_PROCESSOR_LOG_QUEUE_CAPACITY: Final = MetricDefinition(
        "otel.sdk.processor.log.queue.capacity",
        "updowncounter",
        "{log_record}",
        "Log records the queue can hold.",
        ("otel.component.name", "otel.component.type", ),
    )
    OTEL_SDK_PROCESSOR_LOG_QUEUE_SIZE: Final = MetricDefinition(
        "otel.sdk.processor.log.queue.size",
        "updowncounter",
        "{log}",
        "Log records in the queue.",
        ("otel.component.name", "otel.component.type", ),
    )
    OTEL_SDK_PROCESSOR_SPAN_PROCESSED: Final = MetricDefinition(
        "otel.sdk.processor.span.processed",
        "counter",
        "{span}",
        "Spans handed to the exporter, or dropped with error.type queue_full.",
        ("otel.component.name", "otel.component.type", "error.type", ),
    )
    OTEL_SDK_PROCESSOR_SPAN_QUEUE_CAPACITY: Final = MetricDefinition(
        "otel.sdk.processor.span.queue.capacity",
        "updowncounter",
        "{span}",
        "Spans the queue can hold.",
        ("otel.component.name", "otel.component.type", ),
    )
    OTEL_SDK_PROCESSOR_SPAN_QUEUE_SIZE: Final = MetricDefinition(
        "otel.sdk.processor.span.queue.size",
        "updowncounter",
        "{span}",
        "Spans in the queue.",
        ("otel.component.name", "otel.component.type", ),
    )
    OTEL_SDK_SPAN_LIVE: Final = MetricDefinition(
        "otel.sdk.span.live",
        "updowncounter",
        "{span}",
        "Recorded spans that have not ended.",
        ("otel.span.sampling_result", ),
    )
    OTEL_SDK_SPAN_STARTED: Final = MetricDefinition(
        "otel.sdk.span.started",
        "counter",
        "{span}",
        "Spans begun.",
        ("otel.span.parent.origin", "otel.span.sampling_result", ),
    )
    PROCESS_CPU_TIME: Final = MetricDefinition(
        "process.cpu.time",
        "counter",
        "s",
        "CPU seconds of the process.",
        ("type", ),
    )
    PROCESS_CPU_UTILIZATION: Final = MetricDefinition(
        "process.cpu.utilization",
        "gauge",
        "1",
        "CPU seconds a second of the process, over the number of CPUs.",
        (),
    )
    PROCESS_DISK_IO: Final = MetricDefinition(
        "process.disk.io",
        "counter",
        "By",
        "Bytes the process read from disk and wrote to it.",
        ("direction", ),
    )
    PROCESS_MEMORY_USAGE: Final = MetricDefinition(
        "process.memory.usage",
        "updowncounter",
        "By",
        "Physical memory of the process.",
        (),
    )
    PROCESS_MEMORY_VIRTUAL: Final = MetricDefinition(
        "process.memory.virtual",
        "updowncounter",
        "By",
        "Virtual memory of the process.",
        (),
    )
    PROCESS_OPEN_FILE_DESCRIPTOR_COUNT: Final = MetricDefinition(
        "process.open_file_descriptor.count",
        "updowncounter",
        "",
        "Open file descriptors of the process.",
        (),
    )
    PROCESS_THREAD_COUNT: Final = MetricDefinition(
        "process.thread.count",
        "updowncounter",
        "",
        "Threads of the process.",
        (),
    )
    STRATEGY_BEST_VALUE: Final = MetricDefinition(
        "strategy.best_value",
        "gauge",
        "{value}",
        "Best objective value of the latest completed job.",
        ("strategy.name", "dataset.name", "objective.name", ),
    )
    STRATEGY_BEST_VALUE_CHANGE: Final = MetricDefinition(
        "strategy.best_value.change",
        "gauge",
        "{value}",
        "The latest completed job's best value less the best of all jobs before it.",
        ("strategy.name", "dataset.name", "objective.name", ),
    )
    STRATEGY_DEFLATED_SHARPE: Final = MetricDefinition(
        "strategy.deflated_sharpe",
        "gauge",
        "{probability}",
        "Deflated Sharpe ratio of the latest completed job's winner.",
        ("strategy.name", "dataset.name", "objective.name", ),
    )
    STRATEGY_OUT_OF_SAMPLE_VALUE: Final = MetricDefinition(
        "strategy.out_of_sample_value",
        "gauge",
        "{value}",
        "Objective value of the latest completed job's winner on the held-out tail.",
        ("strategy.name", "dataset.name", "objective.name", ),
    )
    SYSTEM_CPU_UTILIZATION: Final = MetricDefinition(
        "system.cpu.utilization",
        "gauge",
        "1",
        "Share of time each CPU of the host was in each state.",
        ("cpu", "state", ),
    )
    SYSTEM_DISK_IO: Final = MetricDefinition(
        "system.disk.io",
        "counter",
        "By",
        "Bytes read from the host's disks and written to them.",
        ("device", "direction", ),
    )
    SYSTEM_MEMORY_USAGE: Final = MetricDefinition(
        "system.memory.usage",
        "gauge",
        "By",
        "The host's memory by state.",
        ("state", ),
    )
    SYSTEM_MEMORY_UTILIZATION: Final = MetricDefinition(
        "system.memory.utilization",
        "gauge",
        "1",
        "Share of the host's memory by state.",
        ("state", ),
    )
    SYSTEM_NETWORK_IO: Final = MetricDefinition(
        "system.network.io",
        "counter",
        "By",
        "Bytes the host sent and received.",
        ("device", "direction", ),
    )


ATTRIBUTE_TYPES: Final[dict[str, str]] = {
    "api.key.id": "string",
    "backtest.max_drawdown": "double",
    "backtest.total_return": "double",
    "backtest.trades": "int",
    "check.name": "string",
    "checkpoint.duration": "double",
    "checkpoint.number": "int",
    "checkpoint.trials": "int",
    "chunk.checkpoints": "int",
    "chunk.first_trial": "int",
    "chunk.number": "int",
    "chunk.trials": "int",
    "client.address": "string",
    "client.port": "int",
    "cpu": "int",
    "cpython.gc.generation": "int",
    "dataset.first_non_positive": "string",
    "dataset.name": "string",
    "dataset.non_positive_rows": "int",
    "dataset.rows": "int",
    "device": "string",
    "direction": "string",
    "error.type": "string",
    "event.name": "string",
    "exception.escaped": "string",
    "exception.message": "string",
    "exception.stacktrace": "string",
    "exception.type": "string",
    "export.format": "string",
    "export.size": "int",
    "generation": "string",
    "http.request.method": "string",
    "http.request.method_original": "string",
    "http.response.status_code": "int",
    "http.route": "string",
    "job.attempt": "int",
    "job.best_trial": "int",
    "job.best_value": "double",
    "job.deflated_sharpe": "double",
    "job.duration": "double",
    "job.id": "string",
    "job.out_of_sample_value": "double",
    "job.progress": "double",
    "job.queue.wait": "double",
    "job.state": "string",
    "job.trials.completed": "int",
    "job.trials.failed": "int",
    "job.trials.infeasible": "int",
    "job.trials.requested": "int",
    "job.trials.restored": "int",
    "job.walk_forward_value": "double",
    "log.record.uid": "string",
    "messaging.destination.name": "string",
    "messaging.message.id": "string",
    "messaging.operation.name": "string",
    "messaging.operation.type": "string",
    "messaging.system": "string",
    "network.protocol.version": "string",
    "objective.name": "string",
    "otel.component.name": "string",
    "otel.component.type": "string",
    "otel.metric.overflow": "boolean",
    "otel.span.parent.origin": "string",
    "otel.span.sampling_result": "string",
    "process.pid": "int",
    "request.id": "string",
    "requeue.reason": "string",
    "sampler.name": "string",
    "server.address": "string",
    "server.port": "int",
    "service.instance.id": "string",
    "service.name": "string",
    "service.namespace": "string",
    "service.version": "string",
    "state": "string",
    "strategy.name": "string",
    "telemetry.sdk.language": "string",
    "telemetry.sdk.name": "string",
    "telemetry.sdk.version": "string",
    "trial.number": "int",
    "trial.outcome": "string",
    "trial.parameters": "string",
    "trial.reason": "string",
    "trial.value": "double",
    "type": "string",
    "url.path": "string",
    "url.query": "string",
    "url.scheme": "string",
    "user_agent.original": "string",
    "user_agent.synthetic.type": "string",
    "validation.fields": "string",
    "worker.slot": "string",
}
