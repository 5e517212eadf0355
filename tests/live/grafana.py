"""Asks Grafana what its own pages ask: dashboards as provisioned, queries with their variables filled in."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

Json = dict[str, Any]

# What a panel of 8 columns on a common screen asks for; the interval follows from it.
_MAX_POINTS = 600
_NICE_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_VARIABLE = re.compile(r"\$\{(?P<braced>\w+)(?::(?P<format>\w+))?\}|\$(?P<bare>[A-Za-z]\w*)")
_TRACE_ID = re.compile(r"[0-9a-fA-F]{32}")
# Escaped twice, for the regular expression and for the string it is in.
_SPECIAL = re.compile(r"[$^*{}\[\]'+?.()|]")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Window:
    """A time range, in seconds since 1970."""

    begin: float
    end: float


@dataclass(frozen=True)
class Frame:
    """A table of an answer: columns by name, and the labels of each."""

    name: str
    columns: dict[str, list[Any]]
    labels: dict[str, dict[str, str]]

    @property
    def values(self) -> list[Any]:
        """What is there of all columns but those of times: no missing values."""
        return [
            value
            for name, column in self.columns.items()
            if name.lower() != "time"
            for value in column
            if value is not None and value != ""
        ]


class PanelError(Exception):
    """Grafana answers a panel's query with an error."""


class Grafana:
    """Grafana's API, used as its pages use it.

    Args:
        url: where it is.
        password: of the user ``admin``.
    """

    def __init__(self, url: str, password: str) -> None:
        self._client = httpx.Client(
            base_url=url, auth=("admin", password), timeout=60, trust_env=False, follow_redirects=True
        )

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def get(self, path: str) -> Any:
        """Return what a path of the API answers."""
        return self._client.get(path).raise_for_status().json()

    def dashboards(self) -> dict[str, Json]:
        """Return all dashboards by uid, as Grafana has them."""
        found = self.get("/api/search?type=dash-db")
        return {one["uid"]: self.get(f"/api/dashboards/uid/{one['uid']}")["dashboard"] for one in found}

    def variables(self, dashboard: Json, window: Window, chosen: Mapping[str, str]) -> dict[str, Any]:
        """Return the dashboard's variables' values: those chosen, else what opening it would choose.

        All values of a variable are a list, the one value of another is a text.
        """
        values: dict[str, Any] = {}
        for variable in dashboard.get("templating", {}).get("list", []):
            name = variable["name"]
            if name in chosen:
                values[name] = chosen[name]
            elif variable["type"] == "textbox":
                values[name] = variable.get("query", "")
            elif variable.get("allValue"):
                values[name] = variable["allValue"]
            else:
                options = self._options(variable, window, values)
                values[name] = options if variable.get("includeAll") else next(iter(options), "")
        return values

    def _options(self, variable: Json, window: Window, values: Mapping[str, Any]) -> list[str]:
        target = {"rawSql": variable["query"], "format": "table", "refId": "variable"}
        frames = self._ask([_filled({**target, "datasource": variable["datasource"]}, values)], window)
        return [str(value) for frame in frames for value in frame.values]

    def run(self, panel: Json, window: Window, values: Mapping[str, Any], **asked: float) -> list[Frame]:
        """Run a panel's queries, those of one data source, as its page would.

        Raises:
            PanelError: a query is answered with an error.
        """
        targets = [self._as_sent(_filled(target, values)) for target in panel["targets"]]
        return self._ask(targets, window, least_seconds=_least_interval(panel), **asked)

    @staticmethod
    def _as_sent(target: Json) -> Json:
        """Do what a data source's code in the page does before it sends a query."""
        if target["datasource"]["type"] == "tempo" and _TRACE_ID.fullmatch(target.get("query", "")):
            return {**target, "queryType": "traceId"}
        return target

    def _ask(
        self,
        targets: Sequence[Json],
        window: Window,
        *,
        least_seconds: float = 1,
        points: float = _MAX_POINTS,
    ) -> list[Frame]:
        interval = max(least_seconds, _nice(window, points))
        more = {"maxDataPoints": int(points), "intervalMs": int(interval * 1000)}
        body = {
            "queries": [{**target, **more} for target in targets],
            "from": str(int(window.begin * 1000)),
            "to": str(int(window.end * 1000)),
        }
        response = self._client.post("/api/ds/query", json=body)
        if response.status_code >= 400 and "results" not in response.json():
            raise PanelError(response.text)
        return list(_frames(response.json()["results"]))


def _frames(results: Mapping[str, Json]) -> Iterator[Frame]:
    for result in results.values():
        if result.get("error"):
            raise PanelError(result["error"])
        for raw in result.get("frames", []):
            fields = raw["schema"]["fields"]
            # Series of one frame may share a name; their labels tell them apart.
            names = [field["name"] for field in fields]
            unique = [f"{name} {n}" if name in names[:n] else name for n, name in enumerate(names)]
            yield Frame(
                raw["schema"].get("name") or _display_name(fields),
                dict(zip(unique, raw["data"]["values"], strict=True)) if raw["data"]["values"] else {},
                {name: field.get("labels") or {} for name, field in zip(unique, fields, strict=True)},
            )


def _display_name(fields: Sequence[Json]) -> str:
    """Return what a legend says of a frame: the name its data source gives, else its labels."""
    value = fields[-1] if fields else {}
    told: str = (value.get("config") or {}).get("displayNameFromDS", "")
    return told or ", ".join((value.get("labels") or {}).values())


def _least_interval(panel: Json) -> float:
    text = panel.get("interval") or "1s"
    return float(text[:-1]) * _SECONDS[text[-1]]


def _nice(window: Window, points: float) -> float:
    exact = (window.end - window.begin) / points
    return next((seconds for seconds in _NICE_SECONDS if seconds >= exact), math.ceil(exact))


def _filled(target: Json, values: Mapping[str, Any]) -> Json:
    """Return a query with every variable of the dashboard in it replaced, as the page does it."""
    kind = target["datasource"]["type"]

    def value(match: re.Match[str]) -> str:
        name = match["braced"] or match["bare"]
        return _formatted(values[name], match["format"], kind) if name in values else match[0]

    return {
        key: _VARIABLE.sub(value, text) if isinstance(text, str) else text for key, text in target.items()
    }


def _formatted(value: Any, form: str | None, kind: str) -> str:
    """Format a variable's value; without a format it is the data source that decides."""
    many = isinstance(value, list)
    items = value if many else [value]
    if form == "doublequote":
        return ",".join('"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"' for item in items)
    if form == "sqlstring":
        return ",".join("'" + item.replace("'", "''") + "'" for item in items)
    if kind == "prometheus" and many:
        escaped = [_SPECIAL.sub(r"\\\\\g<0>", item) for item in items]
        return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
    if many:
        raise ValueError("many values without a format")
    return str(value)
