"""What went wrong, in plain words, told from what uv, pip or Python said."""

from __future__ import annotations

import re

from ..contract.errors import IamapError, NoEngine, NoSpace

_NETWORK = (
    r"dns error|failed to lookup|name resolution|name or service not known|getaddrinfo|nodename nor servname|network is unreachable"
    r"|connection refused|connection reset|could not connect|connect error|connection error|error sending request|max retries"
    r"|timed out|timeout|newconnectionerror|no route to host|network connectivity is disabled|network was disabled|tunnel error|proxyerror|temporary failure"
)

_FULL = "the disk is full"
NO_PACKAGE = "a package of the pinned set is not offered for this computer"

#: (what the output holds, what to say, what to do), the first that fits counts
_CAUSES: tuple[tuple[str, str, str], ...] = (
    (
        r"no space left|os error 28\b|os error 112\b|not enough space|disk quota|errno 28",
        _FULL,
        "free some gigabytes, or choose another disk with IAMAP_HOME",
    ),
    (
        r"hash mismatch|do not match the hashes|hashes are required",
        "a downloaded package is another file than it should be (its hash differs)",
        "try again; if it stays, the package index or a proxy changes files",
    ),
    (
        r"certificate_verify_failed|invalid peer certificate|unknownissuer|certificate verify failed|self.signed certificate",
        "the package index's certificate is not trusted, as happens behind a company's proxy",
        "let SSL_CERT_FILE name the company's certificates (a .pem file), or ask who runs the network",
    ),
    (
        r"407 |proxy authentication",
        "the proxy asks for a name and a password",
        "set HTTPS_PROXY=http://name:password@proxy:port for QGIS or in the terminal",  # pragma: allowlist secret
    ),
    (
        r"\b40[13] (client error|unauthorized|forbidden)|\(40[13]|status code 40[13]|unauthorized",
        "the package index refuses access",
        "check the index's address and password",
    ),
    (
        r"permission denied|os error 13\b|access is denied|os error 5\b|read-only file system|os error 30\b|errno 13",
        "a file or folder may not be written, or another program holds it",
        "close QGIS windows and scans that use the engine, or choose another folder with IAMAP_HOME",
    ),
    (
        # before the packages: a resolver without network also says that it finds no version
        _NETWORK,
        "the network, or the package index, can't be reached",
        "check the connection and the proxy (HTTPS_PROXY); without network, name a folder of wheels with --offline --find-links FOLDER",
    ),
    (
        r"no wheels? (is|are|with)|has no wheels|no matching distribution|could not find a version|no solution found|not a supported wheel"
        r"|has no usable wheels|building .* is disabled|no interpreter found|not found in the (package registry|provided package locations)",
        NO_PACKAGE,
        "the log names it; a folder of wheels (--find-links), another index (--index) or another Python (IAMAP_PYTHON) may help",
    ),
)


def is_hash_mismatch(said: str) -> bool:
    """Whether *said* complains of a file that is not what it should be."""
    return re.search(r"hash mismatch|do not match the hashes", said, re.IGNORECASE) is not None


def cause(said: str) -> tuple[str, str] | None:
    """What went wrong and what to do about it, where the end of *said* tells; None where it does not."""
    # the end counts: warnings of the beginning were overcome
    tail = "\n".join(said.splitlines()[-60:])
    for pattern, text, hint in _CAUSES:
        if re.search(pattern, tail, re.IGNORECASE):
            return text, hint
    return None


def explain(step: str, said: str, code: int) -> IamapError:
    """Return the error for a *step* whose program ended with *code* after saying *said*."""
    found = cause(said)
    if found is None:
        last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "it said nothing")
        return NoEngine(f"{step} stopped (exit code {code}): {last[:300]}", "the log has all of it")
    text, hint = found
    if text == _FULL:
        return NoSpace(f"{step} stopped: {text}", hint)
    return NoEngine(f"{step} stopped: {text}{_name(said) if text == NO_PACKAGE else ''}", hint)


def _name(tail: str) -> str:
    """The package at fault in brackets, where the output names one."""
    for pattern in (
        r"`([A-Za-z0-9._-]+(?:==|@|-)[0-9][^`\s]*)`",
        r"(?:requirement|for) ([A-Za-z0-9._-]+==[^\s(]+)",
        r"because ([a-z0-9._-]+(?:==\S+)?)",
    ):
        match = re.search(pattern, tail, re.IGNORECASE)
        if match:
            return f" ({match.group(1)})"
    return ""
