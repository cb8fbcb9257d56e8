"""A model hub on this computer: what huggingface_hub asks for, with the answers of the real one, and its faults."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """Repositories with one commit each; what they hold and how they fail may be changed while it runs.

    Attributes:
        files: ``repo/name`` to content.
        commit: of all repositories, what ``main`` means.
        stated: what is said of content that is another, as sha256.
        refusal: (status, error code) that answers everything, None for none.
        breaks: how many answers end after half of the content.
        pause: seconds before each of a hundred pieces of content.
        moved: old name of a repository to its new one: the hub sends on whoever asks for the old one.
        asked: method and path of every request, in order.
        agents: what those who asked said they were.
        url, elsewhere: where it answers, and the other host where it keeps large files.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    commit: str = COMMIT
    stated: str = ""
    refusal: tuple[int, str] | None = None
    breaks: int = 0
    pause: float = 0
    moved: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    url: str = ""
    elsewhere: str = ""

    def sha256(self, name: str) -> str:
        """What the content of ``repo/name`` hashes to."""
        return hashlib.sha256(self.files[name]).hexdigest()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            return None

        def say(self, status: int, headers: dict[str, object], content: bytes = b"") -> None:
            self.send_response(status)
            for name, value in {"Content-Length": len(content), **headers}.items():
                self.send_header(name, str(value))
            self.end_headers()
            if self.command == "GET":
                self.give(content)

        def give(self, content: bytes) -> None:
            size = max(1, len(content) // 100)
            for start in range(0, len(content), size):
                if hub.breaks and start > len(content) // 2:
                    hub.breaks -= 1
                    self.close_connection = True
                    return
                time.sleep(hub.pause)
                # whoever cancels a download hangs up
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(content[start : start + size])

        def do_HEAD(self) -> None:
            """As the real hub: large files are redirected to where they lie, with what they are in the headers."""
            path = urlsplit(self.path).path.lstrip("/")  # a proxy gets the whole address
            hub.asked.append(f"{self.command} {path}")
            hub.agents.add(self.headers.get("User-Agent", ""))
            if hub.refusal:
                status, code = hub.refusal
                self.say(status, {"X-Error-Code": code, "X-Error-Message": "told by the hub"})
                return
            if path.startswith("content/"):
                self.content(hub.files[path[len("content/") :]])
                return
            repo, _, rest = path.partition("/resolve/")
            revision, _, name = rest.partition("/")
            key = f"{repo}/{name}"
            if repo in hub.moved:
                self.say(307, {"Location": f"/{hub.moved[repo]}/resolve/{rest}"})
            elif not any(known.startswith(repo + "/") for known in hub.files):
                self.say(404, {"X-Error-Code": "RepoNotFound"})
            elif revision not in ("main", hub.commit):
                self.say(404, {"X-Error-Code": "RevisionNotFound"})
            elif key not in hub.files:
                self.say(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": hub.commit})
            else:
                about = {"X-Repo-Commit": hub.commit, "X-Linked-Size": len(hub.files[key])}
                about["X-Linked-Etag"] = f'"{hub.stated or hub.sha256(key)}"'
                self.say(302, {**about, "Location": f"{hub.elsewhere}/content/{key}"})

        do_GET = do_HEAD

        def content(self, content: bytes) -> None:
            wanted = self.headers.get("Range", "")
            if not wanted:
                self.say(200, {}, content)
                return
            start = int(wanted.removeprefix("bytes=").split("-")[0])
            about = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
            self.say(206, about, content[start:])

    return Handler


@contextlib.contextmanager
def running() -> Iterator[Hub]:
    """A hub that answers at ``url`` until the block ends."""
    hub = Hub()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub)) as server:
        hub.url, hub.elsewhere = (f"http://{host}:{server.server_address[1]}" for host in ("127.0.0.1", "localhost"))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield hub
        server.shutdown()
        thread.join()


@pytest.fixture(name="cache")
def cache_fixture(tmp_path, monkeypatch):
    """A folder for weights that does not exist yet."""
    folder = tmp_path / "cache é [1]"
    monkeypatch.setenv("IAMAP_CACHE", str(folder))
    return folder


@pytest.fixture(name="hub")
def hub_fixture(monkeypatch, cache):
    """A hub in place of the real one."""
    from huggingface_hub import constants

    with running() as made:
        monkeypatch.setattr(constants, "ENDPOINT", made.url)
        template = made.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield made
