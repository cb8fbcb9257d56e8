"""Find weights: the user's own, in the cache, or on the hub, with a pinned revision and a checked hash."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import logging
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract.errors import BadWeights, IamapError, NoSpace, NoWeights
from ..contract.job import Context
from ..contract.networks import HubFile
from ..contract.places import weights_cache

log = logging.getLogger(__name__)

_PINS = "iamap_pins.json"
_HTTP_LIBRARIES = ("httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3")
_SHA256 = re.compile("[0-9a-f]{64}")
#: bytes read at once, and from which size on reading takes long enough to be told
_PIECE, _LARGE = 1 << 22, 1 << 28
#: what a disk answers that is full, and one that may not be written
_FULL, _LOCKED = (errno.ENOSPC, errno.EDQUOT), (errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True)
class _Pin:
    """What to insist on: *revision* and *sha256*, None where nobody knows them yet; *noted*: by us, at the first use."""

    revision: str | None = None
    sha256: str | None = None
    noted: bool = False


def sha256(path: str | Path, ctx: Context | None = None) -> str:
    """Return the hash of a file, or of all files of a folder in the order of their names; *ctx* hears of large ones."""
    digest, root = hashlib.sha256(), Path(path)
    parts = [part for part in (sorted(root.rglob("*")) if root.is_dir() else [root]) if part.is_file()]
    total, done = sum(part.stat().st_size for part in parts), 0
    for part in parts:
        with part.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                done += len(piece)
                if ctx is not None and total >= _LARGE:
                    ctx.progress(done / 1e6, total / 1e6, "MB", "check of the weights")
    return digest.hexdigest()


def find(hub: HubFile | None, own: str | None, download: bool, ctx: Context) -> tuple[str | None, str]:
    """Return the path of the weights and their sha256; (None, "") for an encoder that needs none.

    What the card does not pin (revision, sha256) is noted in the cache at the first use, and insisted on ever after.

    Args:
        hub: where the published weights lie, None if there are none.
        own: file or folder the user names instead.
        download: whether they may be downloaded.
        ctx: hears of the download.

    Raises:
        NoWeights: they are nowhere, or the hub can't be reached.
        BadWeights: their hash is not what it should be.
        NoSpace: the disk is too small for the download.
    """
    if own:
        if not os.path.exists(own):
            raise NoWeights(f"weights = {own} does not exist", "check the path")
        return own, sha256(own, ctx)
    if hub is None:
        return None, ""
    cache = weights_cache()
    pin = _pin(hub, cache)
    path = _cached(hub, pin.revision, cache)
    fresh = path is None
    if path is None:
        if not download:
            hint = f"allow the download, {_way_out(hub, cache)}"
            raise NoWeights(f"the weights {hub.repo} are not on disk, and download = false", hint)
        path = _download(hub, pin, cache, ctx)
    found = sha256(path, ctx)
    # whole where anybody knows it, else as much of it as the file's name tells
    known = (pin.sha256 or _stated(path) or "", hub.sha256_begins)
    expected = next((part for part in known if not found.startswith(part)), None)
    if expected is not None:
        raise _other(path, found, expected, fresh, cache / _PINS if pin.noted and pin.sha256 else None)
    revision = path.relative_to(_snapshots(hub, cache)).parts[0]
    if hub.sha256 is None and pin != _Pin(revision, found, noted=True):
        _remember(hub, revision, found, cache)
    return str(path), found


def _other(path: Path, found: str, expected: str, fresh: bool, pins: Path | None) -> BadWeights:
    """Say that the file is another than the one insisted on; one just downloaded is deleted, so that nobody uses it."""
    file = path.resolve()  # what to delete is the content, not the link to it
    text = f"{file} is damaged or not what it should be: its sha256 begins with {found[:12]}, not {expected[:12]}"
    if fresh:
        for one in {path, file}:
            with contextlib.suppress(OSError):
                one.unlink()
        return BadWeights(
            text, "it was deleted again: try later, or ask whoever runs the hub or mirror that it came from"
        )
    if pins is not None:
        return BadWeights(
            text,
            f"put back the file that was there at its first use; if you trust this one, delete its entry in {pins}",
        )
    return BadWeights(text, "delete the file and start again, to download it anew")


def _way_out(hub: HubFile, cache: Path) -> str:
    folder = "models--" + hub.repo.replace("/", "--")
    return f"give the file as own weights, or copy the folder {folder} from another computer's cache into {cache}"


def _notes(cache: Path) -> dict[str, Any]:
    """What was noted at the first use of each file that its card does not pin."""
    pins = cache / _PINS
    try:
        known = json.loads(pins.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BadWeights(f"{pins} can't be read: {error.strerror}", "check who may read it") from error
    except ValueError:
        known = None
    if not isinstance(known, dict) or not all(isinstance(entry, dict) for entry in known.values()):
        raise BadWeights(f"{pins} is no JSON that IAMAP wrote", "delete it; it is written anew")
    return known


def _pin(hub: HubFile, cache: Path) -> _Pin:
    """The revision and hash to insist on: the card's, else those noted at the first use of that revision."""
    if hub.revision and hub.sha256:
        return _Pin(hub.revision, hub.sha256)
    entry = _notes(cache).get(f"{hub.repo}/{hub.name}", {})
    noted = _Pin(entry.get("revision"), entry.get("sha256"), noted=True)
    # a card that names another commit than the one noted was improved since
    return _Pin(hub.revision) if hub.revision and hub.revision != noted.revision else noted


def _remember(hub: HubFile, revision: str, found: str, cache: Path) -> None:
    known = {**_notes(cache), f"{hub.repo}/{hub.name}": {"revision": revision, "sha256": found}}
    fresh = cache / f"{_PINS}.{os.getpid()}.new"
    try:
        fresh.write_text(json.dumps(known, indent=1, sort_keys=True), "utf-8")
        os.replace(fresh, cache / _PINS)
    except OSError as error:
        # a cache that many share, and only one may write
        log.warning("the sha256 of %s can't be noted in %s: %s", hub.repo, cache, error.strerror)


def _snapshots(hub: HubFile, cache: Path) -> Path:
    return cache / ("models--" + hub.repo.replace("/", "--")) / "snapshots"


def _cached(hub: HubFile, revision: str | None, cache: Path) -> Path | None:
    """The file in the cache, of the revision wanted; where none is known yet, of the one that was ``main``, or any."""
    snapshots = _snapshots(hub, cache)
    found = [path for path in sorted(snapshots.glob(f"{revision or '*'}/{hub.name}")) if path.is_file()]
    if len(found) > 1:
        with contextlib.suppress(OSError):
            main = (snapshots.parent / "refs" / "main").read_text("utf-8").strip()
            found.sort(key=lambda path: path.relative_to(snapshots).parts[0] == main)
    return found[-1] if found else None


def _stated(path: Path) -> str | None:
    """The sha256 that the hub stated when *path* was downloaded: its cache links to blobs that are called so."""
    try:
        # one step: the blob may itself be a link into a store that is shared between caches, under another name
        name = Path(os.readlink(path)).name
    except OSError:  # no link: Windows, or a copy of the cache
        return None
    return name if _SHA256.fullmatch(name) else None


def _download(hub: HubFile, pin: _Pin, cache: Path, ctx: Context) -> Path:
    """Download through huggingface_hub, which honours HTTPS_PROXY, HF_ENDPOINT and HF_TOKEN."""
    from huggingface_hub import errors

    try:
        return _fetch(hub, pin, cache, ctx)
    except errors.GatedRepoError as error:
        text = f"the licence of {hub.repo} ({hub.licence}) must be accepted on its page before it can be downloaded"
        raise NoWeights(text, "accept it there, set HF_TOKEN to an access token of yours, and start again") from error
    except errors.RepositoryNotFoundError as error:
        raise NoWeights(f"the hub has no {hub.repo}, or no longer", _way_out(hub, cache)) from error
    except IamapError:
        raise
    except (errors.RevisionNotFoundError, errors.EntryNotFoundError) as error:
        if isinstance(error, errors.LocalEntryNotFoundError):  # how hf_hub_download says that it can't connect
            raise _unreached(hub, cache, error) from error
        text = f"the hub has no {hub.name} in revision {pin.revision or 'main'} of {hub.repo}, or no longer"
        raise NoWeights(text, _way_out(hub, cache)) from error
    except OSError as error:  # all of the hub's own errors are OSErrors
        if error.errno in _FULL:
            raise NoSpace(f"the disk of {cache} is full", "free some, or choose another cache folder") from error
        if error.errno in _LOCKED:
            raise NoWeights(f"the cache folder {cache} can't be written to", "choose another cache folder") from error
        raise _unreached(hub, cache, error) from error
    except Exception as error:  # the HTTP library's own errors, which changed their base with every major version
        if type(error).__module__.split(".")[0] not in _HTTP_LIBRARIES:
            raise
        raise _unreached(hub, cache, error) from error


def _unreached(hub: HubFile, cache: Path, error: Exception) -> NoWeights:
    # for whoever has to find out why: a proxy, a certificate, a name that leads nowhere
    log.debug("%s: %s", type(error).__name__, (str(error).splitlines() or [""])[0])
    text = f"the weights {hub.repo} ({hub.megabytes} MB) are not on disk and the model hub can't be reached"
    return NoWeights(text, _way_out(hub, cache))


def _fetch(hub: HubFile, pin: _Pin, cache: Path, ctx: Context) -> Path:
    import huggingface_hub
    from huggingface_hub import constants

    # it tells the hub of torch and of whatever else runs here, and asks for more than the file (2.4)
    constants.HF_HUB_DISABLE_TELEMETRY = True
    # ten megabytes at once (2.4) would let a slow line look like a dead one
    constants.DOWNLOAD_CHUNK_SIZE = 1 << 20
    url = huggingface_hub.hf_hub_url(hub.repo, hub.name, revision=pin.revision or "main")
    about = huggingface_hub.get_hf_file_metadata(url, timeout=15)
    revision = about.commit_hash or pin.revision
    if revision is None:
        raise NoWeights(f"the hub names no revision of {hub.repo}", _way_out(hub, cache))
    # of large files, the hub's etag is their sha256
    stated = about.etag if about.etag and _SHA256.fullmatch(about.etag) else None
    if stated and pin.sha256 and stated != pin.sha256:
        text = f"the hub offers another {hub.name} of {hub.repo} than the one wanted"
        raise BadWeights(f"{text}: its sha256 begins with {stated[:12]}, not {pin.sha256[:12]}", _way_out(hub, cache))
    size = about.size or hub.megabytes * 10**6
    _check_space(cache, size, hub)
    what = f"{hub.name} from {hub.repo}, revision {revision[:8]}: {size / 1e6:.0f} MB, licence {hub.licence}"
    log.info("downloading %s, into %s", what, cache)
    path = huggingface_hub.hf_hub_download(
        hub.repo, hub.name, revision=revision, cache_dir=cache, tqdm_class=_progress_bar(ctx)
    )
    return Path(path)


def _check_space(cache: Path, size: int, hub: HubFile) -> None:
    import shutil

    cache.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cache).free
    if free < size + 10**8:
        raise NoSpace(
            f"{hub.repo} needs {size / 1e6:.0f} MB, but {free / 1e6:.0f} MB are free at {cache}",
            "free some, or choose another cache folder",
        )


def _progress_bar(ctx: Context) -> type:
    """A progress bar that tells *ctx* instead of the terminal; raising Cancelled in it ends the download."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs.pop("name", None)
            with open(os.devnull, "w", encoding="utf-8") as silent:
                super().__init__(*args, **{**kwargs, "file": silent, "disable": False})

        def display(self, *args: Any, **kwargs: Any) -> bool:
            return True

        def update(self, n: float | None = 1) -> bool | None:
            self.n += n or 0
            if self.total:
                ctx.progress(self.n / 1e6, self.total / 1e6, "MB", "download")
            return True

        def close(self) -> None:
            return None

    return Bar
