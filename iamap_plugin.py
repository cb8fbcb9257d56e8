"""The plugin object: adds the Processing provider, and two entries in the Plugins menu."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction

from .qgis_side import icons
from .qgis_side.words import install_translator, tr

MENU = "IAMAP"


class IamapPlugin:
    """What QGIS holds while the plugin is switched on.

    Args:
        iface: the main window's interface; None in ``qgis_process``, where only ``initProcessing`` is called.
    """

    def __init__(self, iface: Any) -> None:
        self._iface = iface
        self._translator = install_translator()
        self._provider: Any = None
        self._actions: list[QAction] = []

    def initProcessing(self) -> None:  # noqa: N802 (names fixed by QGIS, here and below)
        """Add the provider."""
        from .qgis_side.provider import IamapProvider

        self._provider = IamapProvider()
        QgsApplication.processingRegistry().addProvider(self._provider)
        self._provider.refreshAlgorithms()  # models find their steps only now

    def initGui(self) -> None:  # noqa: N802
        """Add the provider and the menu."""
        self.initProcessing()
        self._add_action("encode", tr("Encode…"), self.open_encode)
        self._add_action("setup", tr("Set up IAMAP…"), self.open_setup)

    def unload(self) -> None:
        """Take everything back."""
        for action in self._actions:
            self._iface.removePluginMenu(MENU, action)
        self._actions.clear()
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None
        if self._translator is not None:
            QCoreApplication.removeTranslator(self._translator)
            self._translator = None

    def open_encode(self) -> None:
        """Open the dialog of the main job."""
        import processing

        processing.execAlgorithmDialog("iamap:encode", {})

    def open_setup(self) -> None:
        """Open the dialog that makes or repairs the engine environment, then look again what is there."""
        from .qgis_side.setup_dialog import SetupDialog

        SetupDialog(self._iface.mainWindow()).exec()
        self._provider.refresh()

    def _add_action(self, icon: str, text: str, respond: Any) -> None:
        action = QAction(QIcon(icons.path(icon)), text, self._iface.mainWindow())
        action.triggered.connect(lambda *_: respond())
        self._iface.addPluginToMenu(MENU, action)
        self._actions.append(action)
