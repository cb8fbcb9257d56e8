"""Ready-made models of the graphical modeler: every .model3 file of the plugin's folder ``models`` is an algorithm.

``tools/make_models.py`` draws them. QGIS can edit a copy of each: they are meant to be looked at and changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsMessageLog, QgsProcessingModelAlgorithm, QgsProcessingParameterEnum, QgsXmlUtils
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtXml import QDomDocument

from ..algorithms import jobs
from ..encoders import encoders
from . import icons
from .algorithm import HOMEPAGE, engine_missing, sentence
from .texts import OF_MODELS
from .words import tr

FOLDER = Path(__file__).resolve().parents[1] / "models"


class ReadyMadeModel(QgsProcessingModelAlgorithm):
    """One model in the toolbox: its id is the name of its file, its texts are in the user's language.

    Args:
        file: what QGIS's modeler has saved.

    Attributes:
        readable: whether the file holds a model.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        document = QDomDocument()
        # bytes: the file itself says how it is encoded
        self.readable = bool(document.setContent(file.read_bytes())[0])
        saved = QgsXmlUtils.readVariant(document.firstChildElement()) if self.readable else None
        self.readable = isinstance(saved, dict) and self.loadVariant(_translated(saved))
        about = self.helpContent()
        for definition in self.parameterDefinitions():
            # the file tells of what is asked for, the jobs of what is written
            told = about.setdefault(definition.name(), definition.help())
            definition.setHelp(told)
        self.setHelpContent(about)
        encoder = self.parameterDefinition("encoder")
        if isinstance(encoder, QgsProcessingParameterEnum):
            # those that are known, and the one that is proposed, on this computer now
            spec = jobs()["encode"].specs()["encoder"]
            encoder.setOptions([name for name in spec.options() if not encoders()[name].needs_model])
            encoder.setDefaultValue(spec.default_value())

    def createInstance(self) -> ReadyMadeModel:  # noqa: N802 (names fixed by QGIS, here and below)
        """A fresh one for every run."""
        return ReadyMadeModel(self._file)

    def name(self) -> str:
        """Part of the id that other models and scripts save: the title may improve."""
        return self._file.stem

    def groupId(self) -> str:  # noqa: N802
        """Heading, as scripts know it."""
        return "models"

    def icon(self) -> QIcon:
        """Icon in the toolbox."""
        return QIcon(self.svgIconPath())

    def svgIconPath(self) -> str:  # noqa: N802
        """The same, as a file."""
        return icons.path(self.name())

    def helpUrl(self) -> str:  # noqa: N802
        """Where the Help button leads."""
        return f"{HOMEPAGE}/blob/main/docs/jobs.md"

    def canExecute(self) -> tuple[bool, str]:  # noqa: N802
        """Whether all its steps are known, and the engine is there: greyed in the toolbox, never hidden."""
        fine, reason = super().canExecute()
        missing = engine_missing()
        return fine and missing is None, reason or (sentence(missing) if missing else "")


def ready_made(folder: Path = FOLDER) -> Iterator[ReadyMadeModel]:
    """Yield the models in *folder*; of what is none, QGIS's log tells."""
    for file in sorted(folder.glob("*.model3")):
        model = ReadyMadeModel(file)
        if model.readable:
            yield model
        else:
            QgsMessageLog.logMessage(
                tr("{file} is no model").format(file=file), "IAMAP", Qgis.MessageLevel.Warning, False
            )


def _translated(saved: Any, all_of_it: bool = False) -> Any:
    """What a model file holds, with the texts that people read in the user's language."""
    if isinstance(saved, dict):
        return {
            key: tr(value)
            if isinstance(value, str) and (all_of_it or key in OF_MODELS)
            else _translated(value, key == "help")
            for key, value in saved.items()
        }
    return [_translated(one) for one in saved] if isinstance(saved, list) else saved
