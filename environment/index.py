"""Read a package index, a page of links or a folder of wheels: just enough to fetch one file and to know what is offered."""

from __future__ import annotations

import hashlib
import html.parser
import json
import os
import re
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Callable

from ..contract.errors import NoEngine

_JSON = "application/vnd.pypi.simple.v1+json"
_BLOCK = 1 << 16


class _Links(html.parser.HTMLParser):
    """The targets of a page's links."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember where a link leads."""
        self.targets += [value for name, value in attrs if tag == "a" and name == "href" and value]


def links(place: str) -> dict[str, tuple[str, str]]:
    """File name -> (address, sha256 or empty) of what *place* offers.

    Args:
        place: a folder, a ``file:`` address, or an ``https:`` page (PEP 503 or PEP 691).

    Raises:
        NoEngine: the page can't be read.
    """
    folder = local(place)
    if folder is not None and folder.is_dir() and not (folder / "index.html").is_file():
        return {file.name: (file.as_uri(), "") for file in sorted(folder.iterdir()) if file.is_file()}
    if folder is not None and folder.is_dir():
        page, kind, base = (folder / "index.html").read_text("utf-8", "replace"), "text/html", folder.as_uri() + "/"
    else:
        page, kind, base = _page(place)
    if "json" in kind:
        files = json.loads(page).get("files", [])
        return {
            f["filename"]: (urllib.parse.urljoin(base, f["url"]), f.get("hashes", {}).get("sha256", "")) for f in files
        }
    parser = _Links()
    parser.feed(page)
    found = {}
    for target in parser.targets:
        address, fragment = urllib.parse.urldefrag(urllib.parse.urljoin(base, target))
        name = urllib.parse.unquote(address.rsplit("/", 1)[-1])
        sha256 = fragment[len("sha256=") :] if fragment.startswith("sha256=") else ""
        found[name] = (address, sha256)
    return found


def project(index: str, name: str) -> str:
    """The page of package *name* in the index at *index*."""
    return index.rstrip("/") + "/" + re.sub(r"[-_.]+", "-", name).lower() + "/"


def local(place: str) -> Path | None:
    """*place* as a path where it is on this computer, else None."""
    if re.match(r"(?i)file:", place):
        return Path(urllib.request.url2pathname(urllib.parse.urlsplit(place).path))
    return None if re.match(r"(?i)[a-z][a-z0-9+.-]+://", place) else Path(place).expanduser()


def fetch(address: str, target: Path, sha256: str, cancelled: Callable[[], bool]) -> None:
    """Copy *address* to *target*, which appears only when its sha256 is right.

    Raises:
        NoEngine: it can't be had, is another file than it should be, or the set-up was cancelled.
    """
    growing = target.with_name(target.name + ".part")
    digest = hashlib.sha256()
    try:
        with _open(address) as source, open(growing, "wb") as sink:
            while True:
                block = source.read(_BLOCK)
                if not block or cancelled():
                    break
                digest.update(block)
                sink.write(block)
        if digest.hexdigest() != sha256 and not cancelled():
            text = f"{target.name} has the sha256 {digest.hexdigest()[:16]}…, not {sha256[:16]}… as it should"
            raise NoEngine(text, "the download was damaged or exchanged on its way: try again, or use another index")
        if not cancelled():
            os.replace(growing, target)
    except OSError as error:
        raise NoEngine(
            f"{without_password(address)} can't be read: {error}", "check the network and the proxy"
        ) from error
    finally:
        growing.unlink(missing_ok=True)


def without_password(text: str) -> str:
    """*text* with the names and passwords of its addresses blanked."""
    return re.sub(r"(?<=://)[^/@\s]+@", "***@", text)


def _page(address: str) -> tuple[str, str, str]:
    """Text, content type and final address of a page."""
    try:
        with _open(address, {"Accept": f"{_JSON}, text/html;q=0.5"}) as answer:
            return answer.read().decode("utf-8", "replace"), answer.headers.get("Content-Type", ""), answer.geturl()
    except OSError as error:
        raise NoEngine(
            f"{without_password(address)} can't be read: {error}", "check the network and the proxy"
        ) from error


def _open(address: str, headers: dict[str, str] | None = None):  # type: ignore[no-untyped-def]  # noqa: ANN202
    scheme = urllib.parse.urlsplit(address).scheme
    if scheme not in ("https", "file"):
        raise NoEngine(f"{without_password(address)} is not an https address", "name an index with https, or a folder")
    request = urllib.request.Request(address, headers=headers or {})  # noqa: S310 (https and file only, see above)
    return urllib.request.urlopen(request, timeout=60)  # noqa: S310  # nosec B310  # https and file only, see above
