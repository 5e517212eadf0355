"""OTLP/JSON of an Export*ServiceRequest, one a line."""

from __future__ import annotations

import base64
import json
from typing import Any

from google.protobuf.json_format import MessageToDict

_ID_KEYS = {"traceId", "spanId", "parentSpanId"}


def to_json_line(message: Any) -> str:
    """Return a protobuf Export*ServiceRequest as one line of OTLP/JSON.

    protobuf's own JSON differs from OTLP's in two ways: OTLP writes ids in hex and enums as integers.
    """
    request = MessageToDict(message, use_integers_for_enums=True)
    _hex_ids(request)
    return json.dumps(request, separators=(",", ":"), ensure_ascii=False)


def _hex_ids(node: Any) -> None:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in _ID_KEYS:
                node[key] = base64.b64decode(value).hex()
            else:
                _hex_ids(value)
    elif isinstance(node, list):
        for item in node:
            _hex_ids(item)
