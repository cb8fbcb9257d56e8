"""Find weights: the user's own, in the cache, or on the hub, with a pinned revision and a checked hash."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from pathlib import Path
from typing import Any

from ..contract.errors import BadWeights, IamapError, NoSpace, NoWeights
from ..contract.job import Context
from ..contract.networks import HubFile
from ..contract.places import weights_cache

log = logging.getLogger(__name__)

_PINS = "iamap_pins.json"
_HTTP_LIBRARIES = ("httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3")


def sha256(path: str | Path) -> str:
    """Return the hash of a file, or of all files of a folder in the order of their names."""
    digest = hashlib.sha256()
    root = Path(path)
    for part in sorted(root.rglob("*")) if root.is_dir() else [root]:
        if part.is_file():
            with part.open("rb") as file:
                while piece := file.read(1 << 22):
                    digest.update(piece)
    return digest.hexdigest()


def find(hub: HubFile | None, own: str | None, download: bool, ctx: Context) -> tuple[str | None, str]:
    """Return the path of the weights and their sha256; (None, "") for an encoder that needs none.

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
        return own, sha256(own)
    if hub is None:
        return None, ""
    cache = weights_cache()
    revision, expected = _pin(hub, cache)
    path = _cached(hub, revision, cache)
    if path is None:
        if not download:
            raise NoWeights(f"the weights {hub.repo} are not on disk, and download = false", _way_out(hub, cache))
        path, revision, expected = _download(hub, revision, expected, cache, ctx)
    found = sha256(path)
    if expected and found != expected:
        text = f"{path} is damaged or not what it should be: its sha256 begins with {found[:12]}, not {expected[:12]}"
        raise BadWeights(text, "delete the file and start again, to download it anew")
    if revision and not hub.revision:
        _remember(hub, revision, found, cache)
    return str(path), found


def _way_out(hub: HubFile, cache: Path) -> str:
    folder = "models--" + hub.repo.replace("/", "--")
    return f"give the file as own weights, or copy the folder {folder} from another computer's cache into {cache}"


def _pin(hub: HubFile, cache: Path) -> tuple[str | None, str | None]:
    """The revision and hash to insist on: the card's, else those noted at the first download."""
    if hub.revision:
        return hub.revision, hub.sha256
    try:
        noted = json.loads((cache / _PINS).read_text("utf-8")).get(f"{hub.repo}/{hub.name}", {})
    except FileNotFoundError:
        noted = {}
    except ValueError as error:
        raise BadWeights(f"{cache / _PINS} is no JSON", "delete it; it is written anew") from error
    return noted.get("revision"), noted.get("sha256")


def _remember(hub: HubFile, revision: str, found: str, cache: Path) -> None:
    pins = cache / _PINS
    known: dict[str, Any] = json.loads(pins.read_text("utf-8")) if pins.exists() else {}
    known[f"{hub.repo}/{hub.name}"] = {"revision": revision, "sha256": found}
    fresh = pins.with_name(_PINS + ".new")
    fresh.write_text(json.dumps(known, indent=1, sort_keys=True), "utf-8")
    os.replace(fresh, pins)


def _cached(hub: HubFile, revision: str | None, cache: Path) -> Path | None:
    """The file in the cache, of the revision wanted; of whichever is there where none is known yet."""
    snapshots = cache / ("models--" + hub.repo.replace("/", "--")) / "snapshots"
    found = sorted(snapshots.glob(f"{revision or '*'}/{hub.name}"))
    return found[-1] if found else None


def _download(
    hub: HubFile, revision: str | None, expected: str | None, cache: Path, ctx: Context
) -> tuple[Path, str, str | None]:
    """Download through huggingface_hub, which honours HTTPS_PROXY, HF_ENDPOINT and HF_TOKEN."""
    from huggingface_hub import errors

    unreached = f"the weights {hub.repo} ({hub.megabytes} MB) are not on disk and the model hub can't be reached"
    try:
        return _fetch(hub, revision, expected, cache, ctx)
    except errors.GatedRepoError as error:
        text = f"the licence of {hub.repo} ({hub.licence}) must be accepted on its page before it can be downloaded"
        raise NoWeights(text, "accept it there, set HF_TOKEN to an access token of yours, and start again") from error
    except errors.RepositoryNotFoundError as error:
        raise NoWeights(f"the hub has no {hub.repo}, or no longer", _way_out(hub, cache)) from error
    except IamapError:
        raise
    except OSError as error:  # all of the hub's own errors are OSErrors
        raise NoWeights(unreached, _way_out(hub, cache)) from error
    except Exception as error:  # the HTTP library's own errors, which changed their base with every major version
        if type(error).__module__.split(".")[0] not in _HTTP_LIBRARIES:
            raise
        raise NoWeights(unreached, _way_out(hub, cache)) from error


def _fetch(
    hub: HubFile, revision: str | None, expected: str | None, cache: Path, ctx: Context
) -> tuple[Path, str, str | None]:
    import huggingface_hub

    url = huggingface_hub.hf_hub_url(hub.repo, hub.name, revision=revision or "main")
    about = huggingface_hub.get_hf_file_metadata(url, timeout=15)
    revision = about.commit_hash or revision
    size = about.size or hub.megabytes * 10**6
    # of large files, the hub's etag is their sha256
    expected = expected or (about.etag if about.etag and len(about.etag) == 64 else None)
    if revision is None:
        raise NoWeights(f"the hub names no revision of {hub.repo}", _way_out(hub, cache))
    _check_space(cache, size, hub)
    what = f"{hub.name} from {hub.repo}, revision {revision[:8]}: {size / 1e6:.0f} MB, licence {hub.licence}"
    log.info("downloading %s, into %s", what, cache)
    path = huggingface_hub.hf_hub_download(
        hub.repo, hub.name, revision=revision, cache_dir=cache, tqdm_class=_progress_bar(ctx)
    )
    return Path(path), revision, expected


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
