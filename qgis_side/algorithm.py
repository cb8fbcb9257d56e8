"""The one QGIS class behind every algorithm: it reads the declaration of a job, and runs it in a worker."""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
)
from qgis.PyQt.QtGui import QIcon

from ..contract.errors import BadRequest, IamapError
from ..contract.fields import Field
from ..contract.job import Job
from ..contract.places import LAYERS
from ..encoders import encoders
from . import help, icons, parameters, runner, tree
from .words import tr

HOMEPAGE = "https://github.com/iamap/iamap"


def engine_missing() -> IamapError | None:
    """Why nothing can be run, and the way out; None where all is well. Cheap: no process is started."""
    from ..environment.engine import find_python

    try:
        find_python()
    except IamapError as error:
        return error
    return None


def sentence(error: IamapError, specs: Mapping[str, Field] | None = None) -> str:
    """An error as a sentence, and what to do as another; parameters of *specs* by the titles that dialogs give them."""
    titles = {name: tr(spec.label) for name, spec in (specs or {}).items()}
    parts = [text for text in error.titled(titles) if text]
    return " ".join(text[:1].upper() + text[1:] + ("" if text[-1:] in ".!?…" else ".") for text in parts)


class JobAlgorithm(QgsProcessingAlgorithm):
    """One job in the toolbox.

    Args:
        job: what is declared.
        boot: the script that its worker starts with.
    """

    def __init__(self, job: type[Job], boot: Path = runner.BOOT) -> None:
        super().__init__()
        self._job, self._boot = job, boot
        self._request: dict[str, Any] = {}
        self._written: dict[str, str] = {}
        self._layer_name = ""

    def createInstance(self) -> JobAlgorithm:  # noqa: N802 (names fixed by QGIS, here and below)
        """A fresh one for every run."""
        return JobAlgorithm(self._job, self._boot)

    def name(self) -> str:
        """Part of the id that models and scripts save."""
        return self._job.id

    def displayName(self) -> str:  # noqa: N802
        """What the toolbox shows."""
        return tr(self._job.title)

    def group(self) -> str:
        """Heading in the toolbox."""
        return tr(self._job.group)

    def groupId(self) -> str:  # noqa: N802
        """Heading, as scripts know it."""
        return "_".join(self._job.group.lower().split())

    def tags(self) -> list[str]:
        """Other words to search for, in English and in the user's language."""
        return list(dict.fromkeys([*self._job.keywords, *map(tr, self._job.keywords)]))

    def shortDescription(self) -> str:  # noqa: N802
        """Tooltip in the toolbox."""
        return help.first_sentence(self._job)

    def shortHelpString(self) -> str:  # noqa: N802
        """The help panel."""
        return help.html(self._job)

    def helpUrl(self) -> str:  # noqa: N802
        """Where the Help button leads."""
        return f"{HOMEPAGE}/blob/main/docs/{help.page(self._job)}"

    def icon(self) -> QIcon:
        """Icon in the toolbox."""
        return QIcon(self.svgIconPath())

    def svgIconPath(self) -> str:  # noqa: N802
        """The same, as a file."""
        return icons.path(self._job.family())

    def canExecute(self) -> tuple[bool, str]:  # noqa: N802
        """Whether the engine is there: greyed in the toolbox, never hidden."""
        missing = engine_missing()
        return missing is None, sentence(missing) if missing else ""

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        """Add a parameter for every field of the job."""
        for name, spec in self._job.specs().items():
            self.addParameter(parameters.build(name.upper(), spec))

    def checkParameterValues(self, values: dict[str, Any], context: QgsProcessingContext) -> tuple[bool, str]:  # noqa: N802
        """Refuse what the job would refuse, before anything is started."""
        fine, message = super().checkParameterValues(values, context)
        given = parameters.Given(self, values, context)
        specs = self._job.specs()
        try:
            self._refuse_unknown(values)
            if not fine:
                # QGIS names the parameter only; where the field itself knows what is wrong with the value, it says so
                parameters.check_alone(given, specs)
                return False, message
            asked = parameters.told(parameters.request(given, specs))
            self._job.make({**asked, **parameters.planned_outputs(given, specs)})
        except IamapError as error:
            return False, sentence(error, specs)
        return True, ""

    def _refuse_unknown(self, values: dict[str, Any]) -> None:
        known = [definition.name() for definition in self.parameterDefinitions()]
        for name in values:
            if name not in known:
                near = difflib.get_close_matches(name.upper(), known, 1)
                hint = (
                    tr("did you mean {name}?").format(name=near[0])
                    if near
                    else tr("it has {names}").format(names=", ".join(known))
                )
                raise BadRequest(
                    tr("{algorithm} has no parameter {name}").format(algorithm=self._job.id, name=name), hint
                )

    def prepareAlgorithm(
        self, values: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:  # noqa: N802
        """Turn layers, extents and references into plain values, in the main thread where layers live."""
        missing = engine_missing()  # canExecute is asked by the toolbox only
        if missing:
            raise QgsProcessingException(sentence(missing))
        specs = self._job.specs()
        given = parameters.Given(self, values, context)
        try:
            self._request = parameters.request(given, specs)
            self._layer_name = parameters.subject(given, specs)
        except IamapError as error:
            raise QgsProcessingException(sentence(error, specs)) from error
        return True

    def processAlgorithm(
        self, values: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:  # noqa: N802
        """Run the worker."""
        asked_before = context.layersToLoadOnCompletion()
        paths = parameters.outputs(parameters.Given(self, values, context), self._job.specs())
        try:
            with tempfile.TemporaryDirectory(prefix=LAYERS) as folder:
                asked = {**parameters.written(self._request, folder, feedback), **paths}
                result = runner.run(self._job.id, asked, feedback, outputs=paths.values(), boot=self._boot)
        except (IamapError, OSError) as error:
            # QGIS 3.44 would list below the sentence what it could not load
            context.setLayersToLoadOnCompletion(asked_before)
            if isinstance(error, IamapError):
                raise QgsProcessingException(sentence(error, self._job.specs())) from error
            raise QgsProcessingException(tr("The run failed: {error}.").format(error=error)) from error
        self._written = {name: result.outputs[name] for name in paths if name in result.outputs}
        return {name.upper(): path for name, path in self._written.items()}

    def postProcessAlgorithm(self, context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> dict[str, Any]:  # noqa: N802
        """Name, style and group what QGIS is about to load."""
        specs = self._job.specs()
        # a step in the middle of a model knows nothing better than what the model calls its result
        subject = f"{self._layer_name} · {method(self._job, self._request)}" if self._layer_name else ""
        # the main output needs no word more: names are cut off where the panel ends
        labels = {name: tr(specs[name].label) for name in self._written}
        main = next((name for name, spec in specs.items() if spec.is_output), "")
        names = {
            name: f"{subject} · {label}" if subject and name != main else subject for name, label in labels.items()
        }
        upwards = sorted(self._written, key=lambda name: _height(specs[name]))
        results = [(self._written[name], labels[name], names[name]) for name in upwards]
        tree.arrange(context, results)
        return {}


def method(job: type[Job], request: Mapping[str, Any]) -> str:
    """By what the result of *request* is made: the encoder or the network it stands for, the saved model, or the job itself."""
    encoder = str(request.get("encoder") or "")
    if encoder:
        return encoders()[encoder].called(request.get("model"), request.get("weights"))
    model = next((name for name, spec in job.specs().items() if spec.kind == "path_in" and spec.required), "")
    return Path(str(request.get(model, ""))).stem or tr(job.title)


def _height(spec: Field) -> int:
    """Where a result lies among those of its run: tables at the bottom, lines and areas above pictures."""
    if spec.kind != "vector_out":
        return 1
    return 0 if spec.geometry == "table" else 2
