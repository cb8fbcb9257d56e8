"""Fitted models as files: ``.iamap``, a zip of JSON, safetensors and skops. Nothing in it can run code."""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import os
import zipfile
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from .. import __version__
from ..contract.errors import BadRequest
from .feature_contract import FeatureContract
from .preparation import Preparation

log = logging.getLogger(__name__)

FORMAT = 1
_ABOUT, _PREPARATION, _ESTIMATOR = "model.json", "preparation.safetensors", "estimator.skops"
#: the most a part may unpack to: a zip can hold a bomb
_MOST_BYTES = 4 << 30
#: modules of ``methods`` whose ``__all__`` may be in a file
_SAVED = (
    "estimators", "estimators_cluster", "estimators_doubt", "estimators_learners", "estimators_reduce",
    "estimators_similarity", "estimators_supervised", "estimators_trained", "estimators_within", "saved_trees",
)  # fmt: skip
#: a zip of the same model is the same file on any day
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class ClassOf:
    """One class of a map.

    Attributes:
        value: in the raster.
        label: what the legend says.
        colour: ``#rrggbb``.
    """

    value: int
    label: str
    colour: str


@dataclass
class Model:
    """A method that was fitted, and all that is needed to apply it elsewhere.

    Attributes:
        kind: ``reduce``, ``cluster``, ``similarity``, ``classify`` or ``regress``.
        method: id of the card, or the measure.
        title: of the card, for people.
        options: what the user chose at fitting, paths left out.
        contract: of the features it was fitted on.
        preparation: what happens to features first.
        estimator: of scikit-learn's kind, with ``transform``, ``predict`` or ``score``.
        names: of the bands it gives.
        classes: in order of their values; empty for a reduction or a search.
        extent: (xmin, ymin, xmax, ymax) it was fitted on, in *crs* (WKT).
        facts: figures of the fit, such as shares of variance.
        stack: what a trained model is given besides the first raster, see ``training.stack.StackPlan``; empty for none.
    """

    kind: str
    method: str
    title: str
    options: dict[str, Any]
    contract: FeatureContract
    preparation: Preparation
    estimator: Any
    names: list[str]
    classes: list[ClassOf] = field(default_factory=list)
    extent: list[float] = field(default_factory=list)
    crs: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    stack: dict[str, Any] = field(default_factory=dict)

    def _about(self) -> dict[str, Any]:
        return {
            "format": FORMAT, "kind": self.kind, "method": self.method, "title": self.title, "options": self.options,
            "contract": self.contract.as_dict(), "unit_length": self.preparation.unit, "names": self.names,
            "classes": [asdict(one) for one in self.classes], "extent": self.extent, "crs": self.crs, "facts": self.facts,
            "versions": self.versions or _versions(), "stack": self.stack,
        }  # fmt: skip

    def parts(self) -> dict[str, bytes]:
        """Name -> content of what the file holds."""
        from .methods.trusted_sklearn import to_save

        skops = _skops()
        arrays = {name: np.ascontiguousarray(array) for name, array in self.preparation.arrays().items()}
        return {
            _ABOUT: json.dumps(self._about(), indent=1, ensure_ascii=False, sort_keys=True).encode(),
            _PREPARATION: save_tensors(arrays),
            _ESTIMATOR: skops.dumps(to_save(self.estimator)),
        }

    def save(self, path: str) -> None:
        """Write the file."""
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.parts().items():
                archive.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED)

    def digest(self) -> str:
        """sha256 that tells this fit from any other: what a raster made with it names in place of weights."""
        fit = [self.kind, self.method, self.options, self.contract.as_dict(), self.extent, self.names]
        told = hashlib.sha256(json.dumps(fit, sort_keys=True, default=str).encode())
        for _, array in sorted(self.preparation.arrays().items()):
            told.update(np.ascontiguousarray(array).tobytes())
        told.update(str(self.facts.get("labels sha256", "")).encode())
        return told.hexdigest()


def _versions() -> dict[str, str]:
    import sklearn

    return {"iamap": __version__, "scikit-learn": sklearn.__version__, "numpy": np.__version__}


def load(path: str) -> Model:
    """Read a model file.

    Raises:
        BadRequest: it is none, is damaged, is of a later version, or holds types that could run code.
    """
    if not os.path.isfile(path):
        raise BadRequest(f"{path} is not there", "choose a model file (.iamap)")
    try:
        with zipfile.ZipFile(path) as archive:
            about = json.loads(_read(archive, _ABOUT, path))
            if about.get("format") != FORMAT:
                raise BadRequest(f"{path} is a model of format {about.get('format')}, not {FORMAT}", "update IAMAP")
            arrays = load_tensors(_read(archive, _PREPARATION, path))
            estimator = _estimator(_read(archive, _ESTIMATOR, path), path)
        told = {
            name: about[name]
            for name in ("kind", "method", "title", "options", "names", "extent", "crs", "facts", "versions")
        }
        return Model(
            contract=FeatureContract(**about["contract"]), preparation=Preparation.of(about["unit_length"], arrays),
            estimator=estimator, classes=[ClassOf(**one) for one in about["classes"]], stack=about.get("stack", {}), **told,
        )  # fmt: skip
    except (zipfile.BadZipFile, SafetensorError, ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        if isinstance(error, BadRequest):
            raise
        # what zip, JSON or safetensors say of it helps nobody but us
        log.debug("%s can't be read", path, exc_info=True)
        raise BadRequest(
            f"{path} is no model of IAMAP, or damaged",
            "choose a file that a job has written (.iamap), or fit it anew",
        ) from error


def _read(archive: zipfile.ZipFile, name: str, path: str) -> bytes:
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise BadRequest(
            f"{path} is no model of IAMAP: it holds no {name}", "choose a file that a job of IAMAP wrote"
        ) from None
    if info.file_size > _MOST_BYTES:
        raise BadRequest(f"{name} in {path} would unpack to {info.file_size / 1e9:.1f} GB", "don't trust this file")
    return archive.read(name)


def _estimator(content: bytes, path: str) -> Any:
    from .methods.trusted_sklearn import loaded

    skops = _skops()
    foreign = [name for name in skops.get_untrusted_types(data=content) if name not in _trusted()]
    if foreign:
        raise BadRequest(
            f"{path} holds types that IAMAP does not trust: {', '.join(sorted(foreign))}",
            "they could run code; fit the model anew, here",
        )
    try:
        return loaded(skops.loads(content, trusted=sorted(_trusted())))
    except (skops.exceptions.UntrustedTypesFoundException, skops.exceptions.UnsupportedTypeException) as error:
        raise BadRequest(f"the estimator in {path} can't be read: {error}", "fit the model anew") from error
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        raise BadRequest(
            f"{path} is damaged, or made to do harm: {error}", "don't trust this file; fit the model anew"
        ) from error


def _skops() -> Any:
    """``skops.io``, which imports all of scikit-learn and torch: only where a model is saved or loaded."""
    import skops.io
    import skops.io.exceptions

    return skops.io


def _trusted() -> set[str]:
    from . import methods
    from .methods.trusted_sklearn import TRUSTED

    rooms = [importlib.import_module(f"{methods.__name__}.{name}") for name in _SAVED]
    return set(TRUSTED) | {f"{room.__name__}.{name}" for room in rooms for name in room.__all__}
