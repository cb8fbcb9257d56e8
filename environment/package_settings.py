"""The user's settings of pip and uv: which index, which folders of wheels, which certificates, which proxy.

pip's settings are handed on to uv, which reads only its own. Both tools know their usual index by themselves.
"""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import child

#: uv's variables that would lead it to another Python or project than the one it is told
_MISLEADING = (
    "UV_PYTHON",
    "UV_SYSTEM_PYTHON",
    "UV_PROJECT",
    "UV_PROJECT_ENVIRONMENT",
    "UV_WORKING_DIR",
    "UV_BREAK_SYSTEM_PACKAGES",
    "UV_VENV_SEED",
    "UV_VENV_CLEAR",
    "UV_NO_VERIFY_HASHES",
    "UV_COMPILE_BYTECODE",
)


@dataclass(frozen=True)
class Settings:
    """Where packages come from, as the user set it; empty means the tool's own choice."""

    index: str = ""
    extra_indexes: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    certificate: str = ""
    client_certificate: str = ""
    trusted_hosts: tuple[str, ...] = ()
    proxy: str = ""


def read(
    environment: Mapping[str, str] | None = None,
    index: str = "",
    find_links: str = "",
    offline: bool = False,
    proxy: str = "",
) -> Settings:
    """Collect the settings: what was asked for now, then uv's variables, then pip's, then pip's files.

    Args:
        environment: this process's by default.
        proxy: where neither the environment nor pip's files name one.
        index, find_links, offline: asked for now. Offline with a folder means that folder and nothing else.
    """
    env = os.environ if environment is None else environment
    files = _pip_files(env)

    def pip(name: str) -> str:
        return env.get("PIP_" + name.upper().replace("-", "_"), "") or files.get(name, "")

    uv_links = [part.strip() for part in env.get("UV_FIND_LINKS", "").split(",") if part.strip()]
    no_index = pip("no-index").strip().lower() in ("1", "true", "yes", "on") or env.get("UV_NO_INDEX", "").lower() in (
        "1",
        "true",
    )
    return Settings(
        index=index or env.get("UV_DEFAULT_INDEX", "") or env.get("UV_INDEX_URL", "") or pip("index-url").strip(),
        extra_indexes=tuple(
            (env.get("UV_INDEX", "") or env.get("UV_EXTRA_INDEX_URL", "") or pip("extra-index-url")).split()
        ),
        find_links=tuple(
            _absolute(part) for part in ([find_links] if find_links else uv_links or pip("find-links").split())
        ),
        no_index=no_index or (offline and bool(find_links)),
        certificate=pip("cert").strip(),
        client_certificate=pip("client-cert").strip(),
        trusted_hosts=tuple(pip("trusted-host").split()),
        proxy=pip("proxy").strip() or proxy,
    )


def environ(settings: Settings, cache: Path, offline: bool = False) -> dict[str, str]:
    """The environment for uv and pip: scrubbed as for every child, with *settings* in the words of both."""
    env = {name: value for name, value in child.environ().items() if name.upper() not in _MISLEADING}
    # the system's certificates, a company's among them
    env.setdefault("UV_SYSTEM_CERTS", "1")
    env.setdefault("UV_CACHE_DIR", str(cache))
    env.setdefault("UV_HTTP_TIMEOUT", "120")
    env["PIP_DISABLE_PIP_VERSION_CHECK"] = env["PIP_NO_INPUT"] = "1"
    if settings.index:
        for name in ("UV_INDEX_URL", "UV_DEFAULT_INDEX"):
            env.pop(name, None)
        env["UV_DEFAULT_INDEX"] = env["PIP_INDEX_URL"] = settings.index
    if settings.extra_indexes and not env.get("UV_INDEX"):
        env["UV_EXTRA_INDEX_URL"] = env["PIP_EXTRA_INDEX_URL"] = " ".join(settings.extra_indexes)
        # pip takes the best of all indexes; uv the first that knows the name, which refuses a partial mirror
        env.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    if settings.find_links:
        env["UV_FIND_LINKS"], env["PIP_FIND_LINKS"] = (
            ",".join(settings.find_links),
            " ".join(_for_pip(p) for p in settings.find_links),
        )
    if settings.no_index:
        env["UV_NO_INDEX"] = env["PIP_NO_INDEX"] = "1"
    if offline:
        # pip has no word for it but this
        env["UV_OFFLINE"] = env["PIP_NO_INDEX"] = "1"
    if settings.certificate and os.path.isfile(settings.certificate):
        env.setdefault("SSL_CERT_FILE", settings.certificate)
    if settings.client_certificate:
        env.setdefault("SSL_CLIENT_CERT", settings.client_certificate)
    if settings.trusted_hosts:
        env.setdefault("UV_INSECURE_HOST", " ".join(settings.trusted_hosts))
    if settings.proxy:
        for name in ("HTTPS_PROXY", "HTTP_PROXY"):
            if name not in env and name.lower() not in env and "ALL_PROXY" not in env:
                env[name] = settings.proxy
    return env


def _absolute(place: str) -> str:
    return place if "://" in place else str(Path(place).expanduser().absolute())


def _for_pip(place: str) -> str:
    """A path with a space as an address: pip cuts its list at spaces."""
    return Path(place).as_uri() if "://" not in place and any(c.isspace() for c in place) else place


def _pip_files(env: Mapping[str, str]) -> dict[str, str]:
    """Option -> value of pip's files, the later ones winning, as ``pip config list`` tells."""
    if env.get("PIP_CONFIG_FILE") == os.devnull:
        return {}
    home = Path.home()
    if sys.platform == "win32":
        machine = [Path(env.get("PROGRAMDATA", r"C:\ProgramData")) / "pip" / "pip.ini"]
        user = [home / "pip" / "pip.ini", Path(env.get("APPDATA", str(home))) / "pip" / "pip.ini"]
    else:
        machine = [
            Path(folder) / "pip" / "pip.conf" for folder in reversed(env.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"))
        ]
        machine += [Path("/etc/pip.conf")]
        user = [home / ".pip" / "pip.conf", Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"]
    if sys.platform == "darwin":
        machine = [Path("/Library/Application Support/pip/pip.conf")]
        user = [
            home / ".pip" / "pip.conf",
            home / ".config" / "pip" / "pip.conf",
            home / "Library/Application Support/pip/pip.conf",
        ]
    given = [Path(env["PIP_CONFIG_FILE"])] if env.get("PIP_CONFIG_FILE") else []
    found: dict[str, str] = {}
    for file in (*machine, *user, *given):
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue  # pip itself will say what is wrong with it
        for section in ("global", "download", "install"):
            if parser.has_section(section):
                found.update((name.replace("_", "-"), value) for name, value in parser.items(section) if value)
    return found
