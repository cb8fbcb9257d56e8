"""The IAMAP entry of the Processing toolbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import QgsApplication, QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .. import __version__
from ..algorithms import jobs
from ..contract.errors import IamapError
from . import icons, models, settings
from .algorithm import HOMEPAGE, JobAlgorithm, engine_missing, sentence
from .words import tr


class IamapProvider(QgsProcessingProvider):
    """All jobs as algorithms, ready-made models of them, and the settings they share.

    Args:
        folder: of the models.
    """

    def __init__(self, folder: Path = models.FOLDER) -> None:
        super().__init__()
        self._folder = folder

    def id(self) -> str:
        """Part of the id that models and scripts save."""
        return "iamap"

    def name(self) -> str:
        """Heading in the toolbox."""
        return "IAMAP"

    def longName(self) -> str:  # noqa: N802 (names fixed by QGIS, here and below)
        """The same, in a few words more."""
        return tr("IAMAP: features of rasters from pre-trained encoders")

    def versionInfo(self) -> str:  # noqa: N802
        """Stands at the top of every log."""
        return __version__

    def icon(self) -> QIcon:
        """Icon in the toolbox."""
        return QIcon(self.svgIconPath())

    def svgIconPath(self) -> str:  # noqa: N802
        """The same, as a file."""
        return icons.path("icon")

    def helpId(self) -> str:  # noqa: N802
        """Where help on the provider is found."""
        return "iamap"

    def warningMessage(self) -> str:  # noqa: N802
        """A bar above every dialog while the engine environment is missing."""
        missing = engine_missing()
        if missing is None:
            return ""
        # one line: the bar of 3.22 cuts off what does not fit; the log and the toolbox tell the rest
        way_out = tr("Choose Plugins ▸ IAMAP ▸ Set up IAMAP…")
        return f"{sentence(IamapError(missing.text))} {way_out} <a href='{HOMEPAGE}#readme'>{tr('More')}</a>"

    def supportsNonFileBasedOutput(self) -> bool:  # noqa: N802
        """Results are files."""
        return False

    def supportedOutputRasterLayerExtensions(self) -> list[str]:  # noqa: N802
        """Results are GeoTIFFs."""
        return ["tif", "tiff"]

    def defaultRasterFileExtension(self) -> str:  # noqa: N802
        """What a name without an ending gets."""
        return "tif"

    def supportedOutputVectorLayerExtensions(self) -> list[str]:  # noqa: N802
        """Vector results are GeoPackages."""
        return ["gpkg"]

    def supportedOutputTableExtensions(self) -> list[str]:  # noqa: N802
        """So are tables."""
        return ["gpkg"]

    def defaultVectorFileExtension(self, hasGeometry: bool = True) -> str:  # noqa: N802, N803
        """What a name of a layer or table without an ending gets."""
        return "gpkg"

    def load(self) -> bool:
        """Add the settings, then the algorithms; QGIS calls this once."""
        from processing.core.ProcessingConfig import settingsWatcher

        settings.add_page(self.name(), self.icon())
        settingsWatcher.settingsChanged.connect(self.refresh)
        self.refreshAlgorithms()
        return True

    def unload(self) -> None:
        """Take the settings back."""
        from processing.core.ProcessingConfig import settingsWatcher

        settingsWatcher.settingsChanged.disconnect(self.refresh)
        settings.remove_page()
        super().unload()

    def refresh(self, *_: Any) -> None:
        """Look again whether the engine is there and which weights are: after setting up, or when settings have changed."""
        settings.apply()
        self.refreshAlgorithms()

    def loadAlgorithms(self) -> None:  # noqa: N802
        """Add every job, and the models made of them."""
        for job in jobs().values():
            self.addAlgorithm(JobAlgorithm(job))
        # a model looks for its steps in the registry, and loses its results where it does not find them: the provider
        # must be there before its models, which come when the plugin refreshes it
        if QgsApplication.processingRegistry().providerById(self.id()) is not None:
            for model in models.ready_made(self._folder):
                self.addAlgorithm(model)
