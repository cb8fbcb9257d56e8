"""The dialog behind "Set up IAMAP…": says what will be installed, does it in a thread, tells how far it is, can be stopped."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import Any

from qgis.core import QgsSettings
from qgis.gui import QgsCollapsibleGroupBox, QgsFileWidget
from qgis.PyQt.QtCore import Qt, QThread, QTimer, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices, QFontDatabase
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..contract.errors import Cancelled, IamapError
from ..environment import engine, install
from ..environment.setting_up import Wishes
from .words import tr

GOOD, BAD, PLAIN = "#2e7d32", "#b3261e", ""

#: lines the log keeps; the file has all of them
_LINES = 2000


class SetupDialog(QDialog):
    """Makes, checks and repairs the engine environment."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Set up IAMAP"))
        self.setMinimumWidth(620)
        self._run: _Run | None = None
        self._closing = False
        self._started = 0.0
        self._stage = ""
        self._clock = QTimer(self)
        self._clock.setInterval(500)
        self._clock.timeout.connect(self._tick)
        self._build()
        self._show_state()

    def _build(self) -> None:
        """Lay the widgets out, from what is explained to what is done."""
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(_wrapped(_explanation()))
        column.addLayout(self._facts())
        self.cuda = QCheckBox(tr("Use an NVIDIA graphics card (CUDA; several gigabytes more)"))
        self.cuda.setVisible(sys.platform != "darwin")
        self.cuda.setChecked(bool(engine.mark(engine.folder()).get("cuda_build")))
        self.cuda.toggled.connect(self._show_state)
        column.addWidget(self.cuda)
        column.addWidget(self._advanced())
        self.sentence = _wrapped("")
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.sentence)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setFormat("%p %")
        column.addWidget(self.bar)
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(_LINES)
        self.log.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.log.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.log.setMinimumHeight(150)
        self.log.setPlaceholderText(tr("What is done is shown here, and kept in {file}").format(file=engine.log_file()))
        column.addWidget(self.log, 1)
        column.addWidget(self._buttons())

    def _facts(self) -> QFormLayout:
        """What is there, where, and how much room."""
        self.state, self.room = _wrapped(""), _wrapped("")
        where = _wrapped(_soft_breaks(str(engine.folder())))
        where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        form = QFormLayout()
        form.addRow(_bold(tr("State")), self.state)
        form.addRow(_bold(tr("Folder")), where)
        form.addRow(_bold(tr("Size")), self.room)
        return form

    def _advanced(self) -> QWidget:
        """What few people need."""
        box = QgsCollapsibleGroupBox(tr("Advanced"))
        box.setCollapsed(True)
        form = QFormLayout(box)
        self.python, self.wheels, self.index = QgsFileWidget(), QgsFileWidget(), QLineEdit()
        self.wheels.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.python.lineEdit().setPlaceholderText(tr("found by itself, or fetched"))
        self.index.setPlaceholderText(tr("the usual one, or that of pip's settings"))
        self.wheels.lineEdit().setPlaceholderText(tr("none"))
        self.offline = QCheckBox(tr("Use no network, only the folder of wheels"))
        form.addRow(tr("Python 3.11 to 3.13 to build on"), self.python)
        form.addRow(tr("Package index"), self.index)
        form.addRow(tr("Folder of wheels"), self.wheels)
        form.addRow("", self.offline)
        note = tr(
            "To use a Python of your own that has the packages (conda, venv), name it in Settings ▸ Options ▸ Processing."
        )
        form.addRow(_wrapped(note))
        return box

    def _buttons(self) -> QDialogButtonBox:
        box = QDialogButtonBox()
        self.go = QPushButton()
        self.stop = QPushButton(tr("Cancel"))
        self.open_log = QPushButton(tr("Open log"))
        self.close_button = QPushButton(tr("Close"))
        box.addButton(self.open_log, QDialogButtonBox.ButtonRole.ResetRole)
        box.addButton(self.go, QDialogButtonBox.ButtonRole.ActionRole)
        box.addButton(self.stop, QDialogButtonBox.ButtonRole.ActionRole)
        box.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        for button in (self.stop, self.open_log, self.close_button):
            button.setAutoDefault(False)
        self.go.setDefault(True)
        self.go.clicked.connect(self.start)
        self.stop.clicked.connect(self.cancel)
        self.open_log.clicked.connect(_open_log)
        box.rejected.connect(self.reject)
        return box

    def _show_state(self, *_: Any) -> None:
        """Say what is there, and let the buttons fit it."""
        running = self._run is not None
        made, sentence = engine.status()
        ours = engine.is_made()
        broken = bool(engine.mark(engine.folder())) and not ours
        word = tr("Broken: its Python is gone.") if broken else tr("Not set up yet.")
        if made and not engine.chosen()[0]:
            about = engine.mark(engine.folder())
            versions = {"python": about.get("python"), "torch": about.get("versions", {}).get("torch")}
            word = tr("Set up, with Python {python} and torch {torch}.").format(**versions)
        elif engine.chosen()[0]:
            word = sentence
        self.state.setText(f'<span style="color:{GOOD if made else BAD}">●</span> {word}')
        self.state.setToolTip(sentence)
        self._about_room(ours)
        rebuilt = ours and bool(engine.mark(engine.folder()).get("cuda_build")) != self.cuda.isChecked()
        self.repairs = ours and not rebuilt
        self.go.setText(tr("Check and repair") if self.repairs else tr("Set up"))
        self.open_log.setEnabled(engine.log_file().is_file())
        for widget in (self.go, self.close_button, self.cuda, self.python, self.index, self.wheels, self.offline):
            widget.setEnabled(not running)
        self.stop.setEnabled(running)

    def _about_room(self, made: bool) -> None:
        cuda = self.cuda.isChecked()
        needed, free = install.NEEDED[cuda], shutil.disk_usage(_existing(engine.root())).free / 1e9
        text = tr("{needed:g} GB needed, {free:.0f} GB free on this disk; a download of about {load}").format(
            needed=needed, free=free, load="3 GB" if cuda else "510 MB"
        )
        if made:
            text = tr("{free:.0f} GB free on this disk").format(free=free)
        self.room.setText(text if made or free >= needed else f'<span style="color:{BAD}">{text}</span>')

    def start(self) -> None:
        """Begin, in a thread."""
        if self._run is not None:
            return
        wishes = Wishes(
            cuda=self.cuda.isChecked(),
            python=self.python.filePath().strip(),
            index=self.index.text().strip(),
            find_links=self.wheels.filePath().strip(),
            offline=self.offline.isChecked(),
            repair=self.repairs,
            proxy=_qgis_proxy(),
        )
        self.log.clear()
        self.bar.setValue(0)
        self._started, self._stage = time.monotonic(), ""
        # kept on self: a thread object that is collected while it runs takes QGIS with it
        self._run = _Run(wishes, self)
        self._run.said.connect(self.log.appendPlainText)
        self._run.moved.connect(self._move)
        self._run.finished.connect(self._end)
        self._show_state()
        self._clock.start()
        self._run.start()

    def cancel(self) -> None:
        """Ask it to stop, which takes a second or two."""
        if self._run is not None:
            self._run.stopped = True
            self.stop.setEnabled(False)
            self._say(tr("Stopping…"), PLAIN)

    def _move(self, fraction: float, stage: str) -> None:
        self.bar.setValue(round(fraction * 1000))
        self._stage = stage
        self._tick()

    def _tick(self) -> None:
        if self._run is not None and not self._run.stopped and self._stage:
            seconds = int(time.monotonic() - self._started)
            self._say(f"{tr(self._stage)}… {seconds // 60}:{seconds % 60:02d}", PLAIN)

    def _end(self) -> None:
        """Say how it ended."""
        run, self._run = self._run, None
        self._clock.stop()
        self._show_state()
        if run is None:
            return
        if isinstance(run.error, Cancelled):
            self.bar.setValue(0)
            self._say(tr("Cancelled. Nothing half-made is left."), PLAIN)
        elif run.error is not None:
            text = engine.sentence(run.error)
            self._say(tr("{error} All that was said is in {file}").format(error=text, file=engine.log_file()), BAD)
        else:
            self._say(tr("IAMAP is ready: its algorithms are in the Processing toolbox."), GOOD)
        if self._closing:
            self.reject()

    def _say(self, text: str, colour: str) -> None:
        self.sentence.setStyleSheet(f"color: {colour}" if colour else "")
        self.sentence.setText(text)

    def reject(self) -> None:
        """Close; while it runs, stop it first and close when it has stopped."""
        if self._run is not None:
            self._closing = True
            self.cancel()
            return
        super().reject()


class _Run(QThread):
    """The set-up, off the main thread; talks by signals."""

    said = pyqtSignal(str)
    moved = pyqtSignal(float, str)

    def __init__(self, wishes: Wishes, parent: QWidget) -> None:
        super().__init__(parent)
        self.wishes = wishes
        self.stopped = False
        self.error: Exception | None = None

    def run(self) -> None:
        """Called by Qt in the thread."""
        try:
            install.install(self.wishes, self.said.emit, self.moved.emit, lambda: self.stopped)
        except IamapError as error:
            self.error = error
        except Exception as error:  # an exception that leaves a thread ends QGIS; this one is shown instead
            import traceback

            self.said.emit(traceback.format_exc())
            self.error = error


def _explanation() -> str:
    return tr(
        "IAMAP computes with PyTorch, timm, torchgeo and rasterio. They are installed once, into a folder of their own: "
        "QGIS, its Python and its other plugins stay as they are."
    )


def _qgis_proxy() -> str:
    """The proxy of QGIS's network settings as an address, empty where there is none that packages can come through."""
    settings = QgsSettings()
    kind = settings.value("proxy/proxyType", "", str)
    host, port = settings.value("proxy/proxyHost", "", str), settings.value("proxy/proxyPort", "", str)
    if not settings.value("proxy/proxyEnabled", False, bool) or kind not in ("HttpProxy", "Socks5Proxy") or not host:
        return ""
    scheme = "http" if kind == "HttpProxy" else "socks5"
    return f"{scheme}://{host}:{port}" if port else f"{scheme}://{host}"


def _open_log() -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(engine.log_file())))


def _existing(folder: Path) -> Path:
    """The nearest folder above that is there."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _wrapped(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    return label


def _bold(text: str) -> QLabel:
    return QLabel(f"<b>{text}</b>")


def _soft_breaks(path: str) -> str:
    """*path* with places where a label may break the line."""
    return path.replace("/", "/\u200b").replace("\\", "\\\u200b")
