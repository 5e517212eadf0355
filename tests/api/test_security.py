"""Keys: who may do what, and what is kept of a key."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.errors import BadInput, NotFound, Unauthorized
from app.security.keys import authenticate, create_key, list_keys, revoke_key
from app.security.roles import Role

KEYS = "/api/v1/keys"
JOB = "/api/v1/optimizations/6a23f0a1c3b2e4d5f60718293a4b5c6d"
# Every endpoint and the least role it takes; a test below says that none is missing.
ENDPOINTS = {
    ("POST", "/api/v1/optimizations"): "operator",
    ("GET", "/api/v1/optimizations"): "viewer",
    ("GET", "/api/v1/optimizations/{job_id}"): "viewer",
    ("POST", "/api/v1/optimizations/{job_id}/cancel"): "operator",
    ("POST", "/api/v1/optimizations/{job_id}/retry"): "operator",
    ("GET", "/api/v1/optimizations/{job_id}/trials"): "viewer",
    ("GET", "/api/v1/optimizations/{job_id}/events"): "viewer",
    ("GET", "/api/v1/optimizations/{job_id}/export"): "viewer",
    ("GET", "/api/v1/optimizations/{job_id}/view"): None,
    ("GET", "/api/v1/strategies"): "viewer",
    ("GET", "/api/v1/datasets"): "viewer",
    ("POST", "/api/v1/keys"): "admin",
    ("GET", "/api/v1/keys"): "admin",
    ("DELETE", "/api/v1/keys/{key_id}"): "admin",
    ("GET", "/api/v1/health"): "viewer",
    ("GET", "/livez"): None,
    ("GET", "/readyz"): None,
    ("GET", "/metrics"): None,
}
LOCKED = [(*endpoint, role) for endpoint, role in ENDPOINTS.items() if role]


def concrete(path):
    return path.replace("{job_id}", JOB.rpartition("/")[2]).replace("{key_id}", "0" * 12)


def test_every_endpoint_is_listed_here(api):
    paths = api.client().get("/openapi.json").json()["paths"]
    assert {(method.upper(), path) for path, methods in paths.items() for method in methods} == set(ENDPOINTS)


@pytest.mark.parametrize(("method", "path", "role"), LOCKED)
def test_without_a_key_nothing_is_told(api, method, path, role):
    response = api.client().request(method, concrete(path))
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="jobscope"'
    assert "Authorization: Bearer" in response.json()["detail"]


@pytest.mark.parametrize(("method", "path", "role"), LOCKED)
def test_roles_include_those_below_and_no_more(api, method, path, role):
    for given in Role:
        response = api.client(given).request(method, concrete(path))
        allowed = given.includes(Role(role))
        assert (response.status_code not in {401, 403}) == allowed or response.status_code == 404
        if response.status_code == 403:
            assert f"needs a key with role {role}" in response.json()["detail"]
            assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]
        if not allowed:
            assert response.status_code in {403, 404}


def test_viewer_cannot_cancel_a_job_that_is_there(api):
    job = api.add_job()
    assert api.client("viewer").post(f"/api/v1/optimizations/{job.id}/cancel").status_code == 403
    assert api.client("viewer").get(f"/api/v1/optimizations/{job.id}").json()["state"] == "queued"


def test_key_is_taken_from_either_header(api):
    key = api.key("viewer")
    client = api.client()
    for headers in (
        {"Authorization": f"Bearer {key}"},
        {"Authorization": f"bearer {key}"},
        {"X-API-Key": key},
    ):
        assert client.get("/api/v1/strategies", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key[:-1] + ("0" if key[-1] != "0" else "1"),
        lambda key: key.upper(),
        lambda key: key + "0",
        lambda key: key[:-64],
        lambda key: key.replace("jsk_", "jsx_"),
        lambda key: "jsk_" + "0" * 12 + key[16:],
        lambda key: "ключ".encode().decode("latin-1"),
        lambda key: "x" * 5000,
    ],
)
def test_wrong_key_is_refused(api, change):
    headers = {"X-API-Key": change(api.key("admin")).encode("latin-1")}
    response = api.client().get("/api/v1/strategies", headers=headers)
    assert response.status_code == 401
    assert "not valid" in response.json()["detail"]


def test_keys_are_made_listed_and_revoked_by_admins(api):
    admin = api.client("admin")
    made = admin.post(KEYS, json={"name": "nightly", "role": "operator"})
    assert made.status_code == 201
    key = made.json()
    headers = {"X-API-Key": key["key"]}
    assert api.client().get("/api/v1/strategies", headers=headers).status_code == 200
    listed = {item["id"]: item for item in admin.get(KEYS).json()["items"]}
    assert (listed[key["id"]]["name"], listed[key["id"]]["role"]) == ("nightly", "operator")
    assert key["key"] not in admin.get(KEYS).text
    assert admin.delete(f"{KEYS}/{key['id']}").status_code == 204
    assert admin.delete(f"{KEYS}/{key['id']}").status_code == 204, "to revoke again changes nothing"
    assert api.client().get("/api/v1/strategies", headers=headers).status_code == 401
    assert admin.get(KEYS).json()["items"][-1]["revoked_at"] is not None
    for event in ("api.key.created", "api.key.revoked"):
        assert api.telemetry.events_named(event)[-1].attributes["api.key.id"] == key["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "a", "role": "root"}, "role"),
        ({"role": "viewer"}, "name"),
    ],
)
def test_key_that_cannot_be_made(api, body, field):
    response = api.client("admin").post(KEYS, json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("key_id", ["0" * 12, "%00", "x"])
def test_key_that_is_not_there(api, key_id):
    assert api.client("admin").delete(f"{KEYS}/{key_id}").status_code == 404


def test_only_a_hash_of_the_secret_is_kept(api):
    key, shown = create_key(api.engine, "me", "viewer")
    secret = shown.removeprefix(f"jsk_{key.id}_")
    with api.engine.connect() as connection:
        stored = str(connection.execute(text("SELECT * FROM api_keys")).all())
    assert secret not in stored
    assert len(secret) == 64
    assert authenticate(api.engine, shown).id == key.id
    others = api.telemetry.records
    assert not any(secret in f"{record.body} {record.attributes}" for record in others)


def test_keys_as_the_command_line_uses_them(api):
    first, text_of_first = create_key(api.engine, "first", "viewer")
    create_key(api.engine, "second", "admin")
    assert [(key.name, key.role) for key in list_keys(api.engine)] == [
        ("first", "viewer"),
        ("second", "admin"),
    ]
    revoke_key(api.engine, first.id)
    with pytest.raises(Unauthorized, match="revoked"):
        authenticate(api.engine, text_of_first)
    with pytest.raises(NotFound, match="no key with id 'nope'"):
        revoke_key(api.engine, "nope")
    with pytest.raises(BadInput, match="viewer, operator, admin"):
        create_key(api.engine, "third", "root")


def test_refusals_say_whose_key_it_was_but_never_the_key(api):
    api.client("viewer").get(KEYS)
    (event,) = api.telemetry.events_named("api.request.rejected")
    assert event.attributes["api.key.id"] == api.key("viewer").split("_")[1]
    everything = f"{api.telemetry.records} {api.telemetry.spans}"
    assert api.key("viewer") not in everything
