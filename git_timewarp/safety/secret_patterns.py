"""What secrets look like: one table, specific patterns before generic ones (rows S4-V4b, S0-5.4a).

A pattern replaces its group `secret`, or all it matched when it has none. Every pattern
names a few `hints`: lower-case pieces of text without which it cannot match, so that
ordinary text costs a search for those and nothing else.
"""

from __future__ import annotations

import functools
import re

from git_timewarp.util.frozen import Frozen

_START = r"(?<![A-Za-z0-9_+\-])"
"""Not in the middle of a word or of base64."""

_START_DISTINCT = r"(?<![A-Za-z0-9+])"
"""The same for what begins unmistakably, so that `call-ghp_…` is found too."""

_DISTINCT = 4
"""Letters a beginning needs for that."""

_SHELL = r"""(?!\$[({A-Za-z_]|\{\{|<|%[({]|\*\*\*)"""
"""Not a placeholder such as `$TOKEN`, `{{ token }}`, `<token>`, and nothing already replaced."""

_PASS_NAMES = r"(?:password|passwd|passphrase|passcode|(?<![A-Za-z])pwd)"  # noqa: S105 - names, no password
_KEY_NAMES = (
    r"(?:secret|token|api[_.-]?key|(?:access|secret|private|account|auth|encryption|signing|"
    r"sharedaccess|master|storage)[_.-]?key|client[_.-]?secret|credentials?|(?<![A-Za-z0-9])_auth)"
)
_WORDS = (
    "none|null|nil|true|false|yes|no|str|string|int|bool|bytes|text|any|optional|required|"
    "undefined|unknown|empty|missing|invalid|expired|changed|unset|default|hidden|self|cls"
)
_PLAIN_WORD = rf"(?!(?:{_WORDS})(?![A-Za-z0-9]))"
_PATH = r"(?![/~.]{1,2}[\w/]|[A-Za-z]:\\)"
_VALUE_END = r"""[^\s"'`,;&|<>(){}\[\]\\]"""
_NOT_CALLED = r"(?![A-Za-z0-9_]|[(\[]|\.[A-Za-z_])"


class Pattern(Frozen):
    """One sort of secret.

    Attributes:
        kind: its name in counts, and in `***REDACTED:<kind>***`.
        source: what it looks like, as a regular expression.
        hints: lower-case texts, one of which is in every match.
        bare: the replacement names no kind (`password=***REDACTED***`).
    """

    kind: str
    source: str
    hints: tuple[str, ...]
    bare: bool = False
    flags: re.RegexFlag = re.NOFLAG

    @property
    def regex(self) -> re.Pattern[str]:
        """The expression, compiled when first wanted: all of them take 30 ms."""
        return _compiled(self.source, self.flags)


@functools.cache
def _compiled(source: str, flags: re.RegexFlag) -> re.Pattern[str]:
    return re.compile(source, flags)


def _exact(kind: str, body: str, *hints: str) -> Pattern:
    is_distinct = min(map(len, hints)) >= _DISTINCT
    return Pattern(kind, (_START_DISTINCT if is_distinct else _START) + body, hints)


def _generic(kind: str, body: str, *hints: str) -> Pattern:
    return Pattern(kind, body, hints, bare=True, flags=re.IGNORECASE | re.MULTILINE)


_PASSWORD_HINTS = ("password", "passwd", "passphrase", "passcode", "pwd")
_KEYS = ("api", "access", "private", "account", "auth", "encryption", "signing", "sharedaccess")
_KEY_HINTS = (
    *("secret", "token", "credential", "_auth"),
    *(f"{name}{sign}key" for name in (*_KEYS, "master", "storage") for sign in ("", "_", "-", ".")),
)

SPECIFIC: tuple[Pattern, ...] = (
    Pattern(
        "private-key",
        (
            r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
            r"(?:.*?-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|.*\Z)"
        ),
        ("private key",),
        flags=re.DOTALL,
    ),
    _exact("age-key", r"AGE-SECRET-KEY-1[A-Z0-9]{50,}", "age-secret-key-"),
    _exact(
        "aws-key",
        r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9+])",
        "akia",
        "asia",
        "abia",
        "acca",
    ),
    _exact("github-token", r"gh[pousr]_[A-Za-z0-9]{30,}", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    _exact("github-token", r"github_pat_[A-Za-z0-9_]{22,}", "github_pat_"),
    _exact(
        "gitlab-token",
        r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct|oas)-[A-Za-z0-9_\-.]{20,}",
        *(f"gl{name}-" for name in ("pat", "dt", "rt", "cbt", "ptt", "ft", "imt", "agent")),
        *(f"gl{name}-" for name in ("soat", "ffct", "oas")),
    ),
    _exact(
        "slack-token",
        r"xox[abeoprs](?:\.xox[abeoprs])?-[A-Za-z0-9-]{10,}",
        *(f"xox{letter}" for letter in "abeoprs"),
    ),
    _exact("slack-token", r"xapp-[0-9]-[A-Za-z0-9-]{10,}", "xapp-"),
    _exact(
        "webhook",
        r"https://hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/_-]{20,}",
        "hooks.slack",
    ),
    _exact(
        "webhook",
        r"https://(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/[0-9]+/[A-Za-z0-9_-]{20,}",
        "/api/webhooks/",
    ),
    _exact(
        "webhook",
        r"https://[A-Za-z0-9-]+\.webhook\.office\.com/webhookb2/[A-Za-z0-9@/_-]{20,}",
        "webhook.office",
    ),
    _exact("stripe-key", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}", "k_live_", "k_test_"),
    _exact("stripe-key", r"whsec_[A-Za-z0-9+/=]{24,}", "whsec_"),
    _exact("anthropic-key", r"sk-ant-[A-Za-z0-9_-]{20,}", "sk-ant-"),
    _exact("openai-key", r"sk-[A-Za-z0-9]{20,}(?![A-Za-z0-9])", "sk-"),
    _exact(
        "openai-key",
        r"sk-(?=[A-Za-z0-9_-]*[A-Z])(?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{20,}",
        "sk-",
    ),
    _exact("google-key", r"AIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_+/=-])", "aiza"),
    _exact("google-key", r"GOCSPX-[A-Za-z0-9_-]{20,}", "gocspx-"),
    _exact("google-token", r"ya29\.[0-9A-Za-z_-]{20,}", "ya29."),
    _exact("npm-token", r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])", "npm_"),
    _exact("pypi-token", r"pypi-Ag[A-Za-z0-9_-]{40,}", "pypi-ag"),
    _exact("huggingface-token", r"hf_[A-Za-z0-9]{30,}", "hf_"),
    _exact("sendgrid-key", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}", "sg."),
    _exact("digitalocean-token", r"do[opr]_v1_[a-f0-9]{64}", "_v1_"),
    _exact("docker-token", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}", "dckr_"),
    _exact("telegram-token", r"(?:bot)?[0-9]{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])", ":aa"),
    _exact("databricks-token", r"dapi[a-f0-9]{32}(?:-[0-9])?(?![A-Za-z0-9])", "dapi"),
    _exact(
        "shopify-token",
        r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
        *(f"shp{name}_" for name in ("at", "ca", "pa", "ss")),
    ),
    _exact("atlassian-token", r"ATATT3[A-Za-z0-9_=-]{50,}", "atatt3"),
    _exact("vault-token", r"hv[sbr]\.[A-Za-z0-9_-]{20,}", "hvs.", "hvb.", "hvr."),
    _exact("linear-key", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}", "lin_"),
    _exact("grafana-token", r"gls?[ac]_[A-Za-z0-9_]{32,}", "glsa_", "glc_", "gla_"),
    _exact("jwt", r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*(?:\.[\w.-]+)?", "eyj"),
    Pattern(
        "auth-header",
        (
            r"(?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?"
            r"(?:(?:basic|bearer|token|digest|negotiate|apikey|aws4-hmac-sha256)\s+)?"
            rf"{_SHELL}(?!(?:basic|bearer|token|digest|negotiate|apikey)\b)"
            r"(?P<secret>[A-Za-z0-9._~+/=:-]{6,}(?:[,;]? ?[A-Za-z]+=[^\s\"']+)*)"
        ),
        ("authorization",),
        flags=re.IGNORECASE,
    ),
    Pattern(
        "auth-header",
        (
            r"(?<![A-Za-z0-9])bearer\s+"
            r"(?P<secret>(?=[A-Za-z0-9._~+/-]*[0-9])[A-Za-z0-9._~+/-]{16,}={0,2})"
        ),
        ("bearer",),
        flags=re.IGNORECASE,
    ),
    Pattern(
        "url-password",
        (
            r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.-]*://(?!\*\*\*REDACTED)[^\s/:@\"'<>]*:"
            rf"{_SHELL}(?P<secret>[^\s/\"'<>]+)@(?=[A-Za-z0-9\[._-])"
        ),
        ("://",),
    ),
    Pattern(
        "url-password",
        (r"://(?P<secret>[A-Za-z0-9_-]{20,})(?::x-oauth-basic)?@(?=[A-Za-z0-9])"),
        ("://",),
    ),
    Pattern(
        "curl-password",
        (
            r"(?<![A-Za-z])curl\b[^\n]{0,300}?\s(?:-u|--user)[ =]?[\"']?"
            rf"[^\s:\"']+:{_SHELL}(?P<secret>[^\s\"']+)"
        ),
        ("curl",),
    ),
    Pattern(
        "signature",
        (
            r"(?:X-(?:Amz|Goog)-(?:Signature|Security-Token|Credential)|[?&]sig)="
            r"(?P<secret>[A-Za-z0-9%+/=_-]{20,})"
        ),
        ("x-amz-", "x-goog-", "sig="),
        flags=re.IGNORECASE,
    ),
)

GENERIC: tuple[Pattern, ...] = (
    # password="…", "token": "…" (also \" inside JSON inside JSON)
    _generic(
        "password",
        rf"""{_PASS_NAMES}\\?["']?\s*(?:=>|:=|=|:)\s*(?P<q>\\?["']){_SHELL}{_PLAIN_WORD}"""
        r"""(?P<secret>(?:(?!(?P=q))[^\n]){1,512}?)(?P=q)""",
        *_PASSWORD_HINTS,
    ),
    _generic(
        "token",
        rf"""{_KEY_NAMES}\\?["']?\s*(?:=>|:=|=|:)\s*(?P<q>\\?["']){_SHELL}{_PLAIN_WORD}"""
        r"""(?P<secret>(?:(?!(?P=q))[^\s]){4,2048}?)(?P=q)""",
        *_KEY_HINTS,
    ),
    # PASSWORD=…, --token=…, ?api_key=…: no blanks around the sign, so it is data, not code
    _generic(
        "password",
        rf"""{_PASS_NAMES}={_SHELL}{_PLAIN_WORD}{_PATH}(?P<secret>{_VALUE_END}+){_NOT_CALLED}""",
        *_PASSWORD_HINTS,
    ),
    _generic(
        "token",
        rf"""{_KEY_NAMES}={_SHELL}{_PLAIN_WORD}{_PATH}(?P<secret>{_VALUE_END}{{3,}}){_NOT_CALLED}""",
        *_KEY_HINTS,
    ),
    # --password …, --api-key …
    _generic(
        "password",
        rf"""--(?:[\w-]*-)?{_PASS_NAMES}\s+{_SHELL}(?!-)(?P<secret>{_VALUE_END}+)""",
        *_PASSWORD_HINTS,
    ),
    _generic(
        "token",
        rf"""--(?:[\w-]*-)?{_KEY_NAMES}\s+{_SHELL}(?!-)(?P<secret>{_VALUE_END}{{6,}})""",
        *_KEY_HINTS,
    ),
    # password: …, password = … : prose and code are near, so the value has to look like one
    _generic(
        "password",
        rf"""{_PASS_NAMES}["']?(?:\s*:\s*|\s+=\s*|\s*=\s+|=>){_SHELL}{_PLAIN_WORD}{_PATH}"""
        rf"""(?P<secret>(?={_VALUE_END}*[0-9!@#$%^*+?]){_VALUE_END}{{4,}}){_NOT_CALLED}""",
        *_PASSWORD_HINTS,
    ),
    _generic(
        "password",
        rf"""^[ \t-]*[\w.-]*{_PASS_NAMES}:[ \t]+{_SHELL}{_PLAIN_WORD}{_PATH}"""
        rf"""(?P<secret>{_VALUE_END}+)[ \t]*$""",
        *_PASSWORD_HINTS,
    ),
    _generic(
        "token",
        rf"""{_KEY_NAMES}["']?(?:\s*:\s*|\s+=\s*|\s*=\s+|=>){_SHELL}{_PLAIN_WORD}{_PATH}"""
        rf"""(?P<secret>(?={_VALUE_END}*[0-9])(?={_VALUE_END}*[A-Za-z]){_VALUE_END}{{8,}})"""
        rf"""{_NOT_CALLED}""",
        *_KEY_HINTS,
    ),
)

_NAME_END = rf"(?:{_PASS_NAMES}|{_KEY_NAMES}|authorization)\Z"
_NAME_HINTS = (*_PASSWORD_HINTS, *_KEY_HINTS, "authorization")
_PASSWORD_END = rf"{_PASS_NAMES}\Z"
_ENVIRONMENT = frozenset({"env", "environ", "environment"})


def names_secret(name: str) -> bool:
    """Tell whether a member called `name` holds a secret (`db_password`, `accessToken`)."""
    low = name.lower()
    if low.isascii() and not any(hint in low for hint in _NAME_HINTS):
        return False  # not worth an expression; other scripts have letters that are equal to `s`
    return _compiled(_NAME_END, re.IGNORECASE).search(name) is not None


def names_password(name: str) -> bool:
    """Tell whether a member called `name` holds a password, which may be a number too."""
    return _compiled(_PASSWORD_END, re.IGNORECASE).search(name) is not None


def names_environment(name: str) -> bool:
    """Tell whether a member called `name` holds the environment of a process."""
    return name.lower() in _ENVIRONMENT
