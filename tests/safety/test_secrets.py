"""Secrets leave a text, and nothing else does (rows S4-V4a to S4-V4c, S0-5.4a)."""

from __future__ import annotations

import base64
import hashlib
import json
import random

import pytest

from git_timewarp.safety.secrets import REDACTED, may_hold, scrub, scrub_json

R = REDACTED
A40 = "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD3fG6hJ9k"
HEX32 = "0123456789abcdef0123456789abcdef"


def mark(kind: str) -> str:
    return f"***REDACTED:{kind}***"


def pem(name: str) -> str:
    return f"-----BEGIN {name}-----\nMIIEow{A40}\n{A40}==\n-----END {name}-----"


TOKENS = [
    ("aws-key", "AKIA" + "IOSFODNN7EXAMPLE".replace("8", "2")),
    ("aws-key", "ASIA" + "Q2W3E4R5T6Y7U2I3"),
    ("github-token", "ghp_" + A40[:36]),
    ("github-token", "ghs_" + A40[:36]),
    ("github-token", "github_pat_" + A40[:22] + "_" + A40),
    ("gitlab-token", "glpat-" + A40[:20]),
    ("gitlab-token", "glrt-" + A40[:20]),
    ("slack-token", "xoxb-" + "123456789012-1234567890123-" + A40[:24]),
    ("slack-token", "xoxp-1234567890"),
    ("slack-token", "xapp-1-A012345678-" + A40[:20]),
    ("webhook", "https://hooks.slack.com/services/T00000000/B00000000/" + A40[:24]),
    ("webhook", "https://discord.com/api/webhooks/123456789/" + A40),
    ("stripe-key", "sk_live_" + A40[:24]),
    ("stripe-key", "rk_test_" + A40[:24]),
    ("stripe-key", "whsec_" + A40[:32]),
    ("anthropic-key", "sk-ant-api03-" + A40),
    ("openai-key", "sk-" + "abcdefghijklmnopqrst"),
    ("openai-key", "sk-proj-" + A40[:20] + "-" + A40[:20]),
    ("google-key", "AIza" + A40[:35]),
    ("google-key", "GOCSPX-" + A40[:28]),
    ("google-token", "ya29." + A40),
    ("npm-token", "npm_" + A40[:36]),
    ("pypi-token", "pypi-AgEIcHlwaS5vcmc" + A40),
    ("huggingface-token", "hf_" + A40[:34]),
    ("sendgrid-key", "SG." + A40[:22] + "." + A40 + "abc"),
    ("digitalocean-token", "dop_v1_" + HEX32 + HEX32),
    ("docker-token", "dckr_pat_" + A40[:27]),
    ("telegram-token", "123456789:AA" + A40[:33]),
    ("databricks-token", "dapi" + HEX32),
    ("shopify-token", "shpat_" + HEX32),
    ("atlassian-token", "ATATT3xFfGF0" + A40 + A40),
    ("vault-token", "hvs." + A40),
    ("linear-key", "lin_api_" + A40),
    ("grafana-token", "glsa_" + A40[:32] + "_abcdef12"),
    ("age-key", "AGE-SECRET-KEY-1" + "Q" * 58),
    ("jwt", f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.{A40}"),
    ("private-key", pem("RSA PRIVATE KEY")),
    ("private-key", pem("OPENSSH PRIVATE KEY")),
    ("private-key", pem("PRIVATE KEY").replace("\n", "\\n")),
    ("private-key", pem("PGP PRIVATE KEY BLOCK")),
]


@pytest.mark.parametrize(("kind", "secret"), TOKENS)
def test_known_tokens_go_wherever_they_stand(kind: str, secret: str) -> None:
    for before, after in [("", ""), ("see ", " there"), ('"', '",'), ("(", ")"), ("/", "\n")]:
        done = scrub(before + secret + after)
        assert done.text == before + mark(kind) + after
        assert done.found == {kind: 1}


NAMED = [
    ("password=hunter2", f"password={R}", {"password": 1}),
    ("PGPASSWORD=x psql", f"PGPASSWORD={R} psql", {"password": 1}),
    ("passwd: s3cret!", f"passwd: {R}", {"password": 1}),
    ("db_pwd=abc", f"db_pwd={R}", {"password": 1}),
    ("password: letmein\n", f"password: {R}\n", {"password": 1}),
    ("  - password: letmein", f"  - password: {R}", {"password": 1}),
    ("password = hunter2", f"password = {R}", {"password": 1}),
    ('password = "two words"', f'password = "{R}"', {"password": 1}),
    ("api_key=12345", f"api_key={R}", {"token": 1}),
    ("API-KEY: abc123def456", f"API-KEY: {R}", {"token": 1}),
    ("apiKey: 'abcdefgh'", f"apiKey: '{R}'", {"token": 1}),
    ("X-Api-Key: 8f14e45fceea167a", f"X-Api-Key: {R}", {"token": 1}),
    ("secret=mysecretvalue", f"secret={R}", {"token": 1}),
    ('client_secret="abcd1234"', f'client_secret="{R}"', {"token": 1}),
    ('{"token": "abcdefgh"}', f'{{"token": "{R}"}}', {"token": 1}),
    ('"{\\"token\\": \\"abcd1234\\"}"', f'"{{\\"token\\": \\"{R}\\"}}"', {"token": 1}),
    ("authToken=9f86d081884c7d65", f"authToken={R}", {"token": 1}),
    ("//registry/:_authToken=abc-123", f"//registry/:_authToken={R}", {"token": 1}),
    ("GET /x?access_token=a1b2c3&n=1", f"GET /x?access_token={R}&n=1", {"token": 1}),
    ("aws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCY", None, {"token": 1}),
    ("AccountKey=" + A40 + "==;Endpoint=x", f"AccountKey={R};Endpoint=x", {"token": 1}),
    ("login --password hunter2 now", f"login --password {R} now", {"password": 1}),
    ("login --api-key abcdef1 now", f"login --api-key {R} now", {"token": 1}),
    ("Authorization: Basic dXNlcjpwYXNz", f"Authorization: Basic {mark('auth-header')}", None),
    ("authorization: Bearer abcdef123", f"authorization: Bearer {mark('auth-header')}", None),
    ("Authorization: token abcdef123", f"Authorization: token {mark('auth-header')}", None),
    (
        '-H "Authorization: Bearer ab-12.3"',
        f'-H "Authorization: Bearer {mark("auth-header")}"',
        None,
    ),
    ("Bearer mF9B5f41JqM7aa00", f"Bearer {mark('auth-header')}", None),
    ("postgres://u:p@ss@db:5432/x", f"postgres://u:{mark('url-password')}@db:5432/x", None),
    ("https://ada:hunter2@example.com/x", None, {"url-password": 1}),
    ("redis://:hunter2@cache:6379", f"redis://:{mark('url-password')}@cache:6379", None),
    (f"https://{HEX32}@example.com", f"https://{mark('url-password')}@example.com", None),
    ("curl -u ada:hunter2 https://x", f"curl -u ada:{mark('curl-password')} https://x", None),
    ("?X-Amz-Signature=" + HEX32, f"?X-Amz-Signature={mark('signature')}", {"signature": 1}),
]


@pytest.mark.parametrize(("text", "expected", "found"), NAMED)
def test_named_secrets_go_and_the_name_stays(
    text: str, expected: str | None, found: dict[str, int] | None
) -> None:
    done = scrub(text)
    assert "REDACTED" in done.text
    assert sum(done.found.values()) == 1
    if expected is not None:
        assert done.text == expected
    if found is not None:
        assert done.found == found


ORDINARY = [
    "",
    "fix the login page",
    "3f786850e387550fdab836ed7e6dc881de23001b",
    hashlib.sha256(b"x").hexdigest(),
    "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "01890a5d-ac96-774b-bcce-b302099a8057",
    "src/token/password_reset.py",
    "PWD=/home/ada/project",
    "OLDPWD=/srv/www",
    "unexpected token: identifier",
    "SyntaxError: Unexpected token '}' in JSON at position 4",
    "invalid password: try again",
    "password: str | None = None",
    "password: required",
    "def f(token: str, password: bytes) -> None:",
    "token = tokens[i]",
    "token = next(stream)",
    "token=get_token()",
    "self.password = password",
    "password=password_of(user)",
    "max_tokens=4096",
    "total tokens: 12345",
    "token_count: 99999999a",
    "export TOKEN=$GITHUB_TOKEN",
    "password=${DB_PASSWORD}",
    "password={{ vault_password }}",
    "token: <your token>",
    "secret: none",
    "the secret of success is work",
    "bearer of good news is not responsible",
    "Bearer authentication is required",
    "the risk-management-and-compliance-review is due",
    "task-sk-fix-the-very-long-name-of-a-branch",
    "sk-fix-the-very-long-name-of-a-branch",
    "http://localhost:8080/path?email=ada@example.com",
    "git@github.com:ada/engine.git",
    "ssh://git@example.com:22/x.git",
    "https://example.com:443/a/b@2x.png",
    "docker run -u 1000:1000 image",
    "chown -R root:root /srv",
    "12:30:45:AA",
    "primary key: id",
    "key=value",
    "keyboard: qwerty12345",
    "monkey=banana12345",
    "npm_config_cache=/tmp/x",
    "BEGIN PUBLIC KEY",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "E47 2026-11-20 15:04 commit person:ada  add a test",
    "pass: 12, fail: 0",
    "authors: ada, grace",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text: str) -> None:
    done = scrub(text)
    assert done.text == text
    assert done.found == {}


def test_base64_pictures_stay() -> None:
    rng = random.Random(7)
    for _ in range(20):
        data = rng.randbytes(30_000)
        for text in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
            picture = "data:image/png;base64," + text.decode()
            assert scrub(picture).text == picture


def test_scrubbing_twice_is_scrubbing_once() -> None:
    for text in [secret for _, secret in TOKENS] + [text for text, _, _ in NAMED]:
        once = scrub(text)
        again = scrub(once.text)
        assert again.text == once.text
        assert again.found == {}


def test_finds_are_counted_by_kind() -> None:
    text = f"password=a1 password=b2 ghp_{A40[:36]} and token=abc123"
    assert scrub(text).found == {"password": 2, "github-token": 1, "token": 1}


def test_a_private_key_without_end_goes_to_the_end() -> None:
    cut = pem("EC PRIVATE KEY").rsplit("-----END", 1)[0]
    assert scrub("x\n" + cut).text == "x\n" + mark("private-key")


def test_json_by_value_and_by_name() -> None:
    value = {
        "user": "ada",
        "password": "hunter2",
        "pin_password": 123456,
        "nested": [{"accessToken": "abc"}, f"see ghp_{A40[:36]}", 7, True, None],
        "max_tokens": 4096,
        "token_count": 7,
        "token": 12,
        "credentials": ["a", "b"],
        "secret": "",
        f"ghp_{A40[:36]}": 1,
    }
    done = scrub_json(value)
    assert done.value == {
        "user": "ada",
        "password": R,
        "pin_password": R,
        "nested": [{"accessToken": R}, f"see {mark('github-token')}", 7, True, None],
        "max_tokens": 4096,
        "token_count": 7,
        "token": 12,
        "credentials": R,
        "secret": "",
        mark("github-token"): 1,
    }
    assert done.found == {"password": 2, "token": 2, "github-token": 2}
    assert scrub_json(done.value).value == done.value


def test_no_environment_is_kept() -> None:
    done = scrub_json({"env": {"HOME": "/x"}, "environment": "production", "environ": ["A=b"]})
    assert done.value == {
        "env": mark("environment"),
        "environment": "production",
        "environ": mark("environment"),
    }


def test_the_quick_look_never_misses() -> None:
    for _, secret in TOKENS:
        assert may_hold(json.dumps({"x": secret}))
    for text, _, _ in NAMED:
        assert may_hold(text)
    assert may_hold('{"env":{"A":"b"}}')
    assert not may_hold('{"type":"note","summary":"an ordinary line","key":"a-1"}')


def test_long_text_does_not_stop_the_recorder() -> None:
    """Each pattern reads the text about once: none of these takes minutes."""
    for piece in ("curl ", "password=", "token='", "eyJ", "://", "-----BEGIN PRIVATE KEY-----\n"):
        scrub(piece * (256 * 1024 // len(piece)))
