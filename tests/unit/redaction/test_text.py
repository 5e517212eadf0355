"""What is taken out of texts, what is left in, and that neither takes long."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
import yaml

from telemetry.redaction import bounded, redact, redact_url, text, told

SECRET = "0123456789abcdef" * 4
KEY = f"jsk_0123456789ab_{SECRET}"


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        (KEY, "jsk_0123456789ab_[redacted]"),
        (KEY.upper(), "JSK_0123456789AB_[redacted]"),
        (KEY[:40], "jsk_0123456789ab_[redacted]"),
        (f"Authorization: Bearer {KEY}", "Authorization: Bearer [redacted]"),
        ("-H 'authorization: Basic dXNlcjpwYXNz'", "-H 'authorization: Basic [redacted]'"),
        ("{'Authorization': 'Bearer abcdefg'}", "{'Authorization': 'Bearer [redacted]'}"),
        ("Bearer aGVsbG8gd29ybGQgaGVsbG8=", "Bearer [redacted]"),
        ("postgresql+psycopg://me:pa55@db:5432/x", "postgresql+psycopg://me:[redacted]@db:5432/x"),
        ("postgresql://me:p@ss@db/x", "postgresql://me:[redacted]@db/x"),
        ("redis://:pa55@db", "redis://:[redacted]@db"),
        ("host=db password=pa55 user=me", "host=db password=[redacted] user=me"),
        ("?limit=5&api_key=abc&x=1", "?limit=5&api_key=[redacted]&x=1"),
        ("token=abc", "token=[redacted]"),
        ("client_secret=abc;", "client_secret=[redacted];"),
        ('{"password": "two words", "b": 1}', '{"password": [redacted], "b": 1}'),
        ("{'db_password': 'x'}", "{'db_password': [redacted]}"),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln", "[redacted]"),
        ("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----", "[redacted]"),
    ],
)
def test_what_has_the_form_of_a_secret_is_taken_out(secret, shown):
    assert redact(secret) == shown
    assert redact(f"before {secret} after") == f"before {shown} after"


@pytest.mark.parametrize(
    "text",
    [
        "100 trials of sma_cross on wti-daily queued",
        "token: is not a field of this request",
        "parameters.key: it has: fast, slow",
        "monkey=5&sort_key=name",
        "basic authentication is not offered",
        "an API key is needed, in the header 'Authorization: Bearer <key>' or 'X-API-Key: <key>'",
        "http://127.0.0.1:4318/v1/traces",
        "at 10:30 user@host",
        "jsk_0123456789ab",
    ],
)
def test_usual_texts_are_left_alone(text):
    assert redact(text) == text
    assert redact_url(text) == text


@pytest.mark.parametrize(
    "encoded",
    [
        quote(KEY, safe="").replace("_", "%5F"),
        "".join(f"%{ord(character):02x}" for character in KEY),
        quote("".join(f"%{ord(character):02X}" for character in KEY)),
        f"x=%22Bearer+{KEY[17:]}%22",
        "pass%77ord=pa55" + SECRET,
    ],
)
def test_encoding_does_not_get_a_secret_through_a_url(encoded):
    shown = redact_url(f"limit=5&q={encoded}" if "=" not in encoded else encoded)
    assert "[redacted]" in shown
    assert SECRET not in re.sub("%([0-9a-f]{2})", lambda match: chr(int(match[1], 16)), shown)


def test_no_secret_is_cut_in_half():
    assert told("x" * 90 + KEY, 120) == "x" * 90 + "jsk_0123456789ab_[redacted]"
    assert told("x" * 90 + KEY, 100) == "x" * 90 + "jsk_0123 …"
    assert len(told("y" * 10**6, 100)) == 100
    assert bounded("short", 5) == "short"


def test_patterns_are_what_re2_knows():
    listed = yaml.safe_load(text._PATTERNS_PATH.read_text())["patterns"]
    for pattern in listed:
        # RE2 has no looking around, no references back, no possessive repetition and no bound over 1,000.
        assert not re.search(r"\(\?[=!<>]|\\[1-9]|[*+?}]\+", pattern["pattern"]), pattern["name"]
        assert all(int(bound) <= 1000 for bound in re.findall(r"(\d+)\}", pattern["pattern"]))
        assert all(trigger == trigger.lower() for trigger in pattern["triggers"])


@pytest.mark.parametrize(
    "hostile",
    [
        lambda n: "a" * n + "://",
        lambda n: "eyJ" * (n // 3),
        lambda n: "authorization " * (n // 14) + " " * n,
        lambda n: "password=" * (n // 9),
        lambda n: "'" * n + 'password"',
        lambda n: ";" * n + "key=",
        lambda n: "-----BEGIN PRIVATE KEY-----" * (n // 27),
        lambda n: "://a:" * (n // 5),
        lambda n: '"' + "a." * (n // 2) + 'password"',
    ],
)
def test_hostile_text_does_not_take_for_ever(hostile):
    # Where time grew with the square of the length, this would be a matter of minutes, not of milliseconds.
    assert redact(hostile(500_000))
