"""Who the client is behind proxies, and where the API is published: settings, never what a request says.

Over a socket, with the server of production: in the process, a client can be given any address.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

URL = "/api/v1/optimizations"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
LOOPBACK, TRUSTED = ["127.0.0.0/8"], ["10.0.0.0/8"]


def ask(api, **headers):
    """Ask with a trace context and other headers; return the trace id the answer names."""
    sent = [("traceparent", f"00-{TRACE}-{SPAN}-01")]
    for name, value in headers.items():
        values = value if isinstance(value, list) else [value]
        sent += [(name.replace("_", "-"), each) for each in values]
    with api.served() as url:
        return httpx.get(f"{url}/api/v1/strategies", headers=sent, trust_env=False).headers["X-Trace-ID"]


@pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded", "X_Real_IP", "Client_IP"])
@pytest.mark.parametrize("value", ["10.9.8.7", "for=10.9.8.7", "127.0.0.1, 10.9.8.7"])
def test_forwarded_address_of_no_declared_proxy_gives_no_trust(make_api, header, value):
    api = make_api(trusted_callers=TRUSTED)
    assert ask(api, **{header: value}) != TRACE
    (span,) = api.telemetry.spans
    assert [link.trace_id for link in span.links] == [TRACE]
    assert span.attributes["client.address"] == "127.0.0.0/24"


@pytest.mark.parametrize(
    ("hops", "trusted"),
    [
        ("10.9.8.7", True),
        ("10.9.8.7:4711", True),
        ("203.0.113.5, 10.9.8.7", True),
        (["203.0.113.5", "10.9.8.7"], True),
        ("10.9.8.7, 127.0.0.2", True),
        # What a stranger writes of himself, in front of what the proxy writes of him.
        ("10.9.8.7, 203.0.113.5", False),
        (["10.9.8.7", "203.0.113.5"], False),
        ("10.9.8.7, 203.0.113.5, 127.0.0.2", False),
        ("10.9.8.7, unknown", False),
        ("10.9.8.7, _hidden", False),
        ("10.9.8.7,", False),
        ("10.9.8.7, [fd00::1]:80", False),
        ("", False),
    ],
)
def test_declared_proxy_names_the_client(make_api, hops, trusted):
    api = make_api(trusted_callers=TRUSTED, trusted_proxies=LOOPBACK)
    assert (ask(api, X_Forwarded_For=hops) == TRACE) == trusted


def test_other_way_to_write_it_is_not_read(make_api):
    api = make_api(trusted_callers=TRUSTED, trusted_proxies=LOOPBACK)
    assert ask(api, X_Forwarded_For="203.0.113.5", Forwarded="for=10.9.8.7") != TRACE


@pytest.mark.parametrize(
    ("proxies", "told", "scheme"),
    [
        ([], "https", "http"),
        (LOOPBACK, "https", "https"),
        (LOOPBACK, "HTTPS", "https"),
        (LOOPBACK, "https, http", "http"),
        (LOOPBACK, "ftp", "http"),
    ],
)
def test_scheme_is_the_declared_proxys(make_api, proxies, told, scheme):
    api = make_api(trusted_proxies=proxies)
    ask(api, X_Forwarded_Proto=told)
    assert api.telemetry.spans[0].attributes["url.scheme"] == scheme


@pytest.mark.parametrize("stripped", [True, False], ids=["proxy takes it off", "proxy leaves it on"])
def test_links_are_under_the_prefix(make_api, stripped):
    api = make_api(api_url="https://ops.example.com/lab/jobs/", grafana_url="https://ops.example.com/grafana")
    root = "" if stripped else "/lab/jobs"
    headers = {"Authorization": f"Bearer {api.key('operator')}", "Host": "evil.example"}
    with api.served() as url, httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
        made = client.post(root + URL, json={})
        job = made.json()
        assert made.headers["Location"] == job["links"]["self"] == f"/lab/jobs{URL}/{job['id']}"
        assert all(link.startswith(f"/lab/jobs{URL}/") for link in job["links"].values())
        client.post(root + URL, json={})
        assert client.get(root + URL + "?limit=1").json()["next"].startswith(f"/lab/jobs{URL}?before=")
        view = client.get(f"{root}/jobs/{job['id']}/view").headers["Location"]
        assert client.get(f"{root}/openapi.json").json()["servers"] == [{"url": "/lab/jobs"}]
        assert client.get(f"{root}/livez").json() == {"status": "alive"}
    assert view.startswith("https://ops.example.com/grafana/d/job?")
    assert parse_qs(urlsplit(view).query)["var-api"] == ["https://ops.example.com/lab/jobs"]


def test_host_header_is_nowhere_in_an_answer(make_api):
    api = make_api(grafana_url="http://127.0.0.1:3001")
    job = api.add_job()
    headers = {
        "Authorization": f"Bearer {api.key('viewer')}",
        "Host": "evil.example",
        "X-Forwarded-Host": "evil",
    }
    with api.served() as url, httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
        for path in (
            f"/jobs/{job.id}/view",
            f"{URL}/",
            f"{URL}/{job.id}",
            f"{URL}?limit=1",
            "/openapi.json",
            "/x",
        ):
            response = client.get(path)
            assert "evil" not in f"{response.headers} {response.text}", path
            assert response.status_code != 307, "no redirect to where a slash is, or is not"
