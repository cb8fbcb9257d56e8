"""QGIS with Processing and this plugin, once, in a profile of its own. Run by the Python that QGIS belongs to."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# before QGIS starts: nothing of these tests may reach the profile of whoever runs them
PROFILE = (
    tempfile.TemporaryDirectory(prefix="iamap_profile_", ignore_cleanup_errors=True)
    if sys.version_info >= (3, 10)
    else tempfile.TemporaryDirectory()
)
os.environ["QGIS_CUSTOM_CONFIG_PATH"] = PROFILE.name
os.environ.setdefault("XDG_RUNTIME_DIR", PROFILE.name)

try:
    from qgis.core import (
        QgsApplication,
        QgsFeature,
        QgsGeometry,
        QgsProcessingContext,
        QgsProject,
        QgsVectorFileWriter,
        QgsVectorLayer,
    )
except ImportError:
    collect_ignore_glob = ["test_*.py"]  # another suite's Python; tools/test.py runs this folder with QGIS's own


def make_profile(folder: Path) -> Path:
    """A QGIS profile in which this checkout is the plugin ``iamap``, switched on."""
    profile = folder / "profiles" / "default"
    (profile / "python" / "plugins").mkdir(parents=True)
    (profile / "QGIS").mkdir(parents=True)
    (profile / "python" / "plugins" / "iamap").symlink_to(ROOT)
    for name in ("QGIS3.ini", "QGIS4.ini"):
        (profile / "QGIS" / name).write_text("[PythonPlugins]\niamap=true\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def profile(tmp_path_factory) -> Path:
    """For QGIS in another process."""
    return make_profile(tmp_path_factory.mktemp("profile"))


@pytest.fixture(scope="session")
def engine_python() -> str:
    """The Python with torch that the workers run in."""
    python = os.environ.get("IAMAP_PYTHON", "")
    if not python:
        from iamap.contract.errors import NoEngine
        from iamap.environment.engine import find_python

        try:
            python = str(find_python())
        except NoEngine as error:
            pytest.skip(f"needs the engine environment: {error}")
    if not Path(python).exists():
        pytest.skip(f"needs the engine environment: IAMAP_PYTHON = {python} is not there")
    return python


@pytest.fixture
def any_python(monkeypatch) -> str:
    """A Python for the stand-in of the worker, which needs nothing installed."""
    monkeypatch.setenv("IAMAP_PYTHON", sys.executable)
    return sys.executable


@pytest.fixture(scope="session")
def qgis_app():
    """QGIS without a window, with Processing."""
    app = QgsApplication([], True)
    app.initQgis()
    sys.path.append(os.path.join(QgsApplication.pkgDataPath(), "python", "plugins"))
    from processing.core.Processing import Processing

    Processing.initialize()
    yield app
    QgsProject.instance().clear()


@pytest.fixture(scope="session")
def plugin(qgis_app):
    """The plugin as ``qgis_process`` loads it."""
    from iamap import classFactory

    made = classFactory(None)
    made.initProcessing()
    yield made
    made.unload()


@pytest.fixture
def project(plugin):
    """An empty project."""
    QgsProject.instance().clear()
    yield QgsProject.instance()
    QgsProject.instance().clear()


@pytest.fixture
def load_results(project):
    """Run an algorithm and load what it gives, until the project has come to rest as it does in the desktop."""
    import processing
    from qgis.PyQt.QtCore import QCoreApplication

    def run(algorithm, values):
        processing.runAndLoadResults(algorithm, values)
        QCoreApplication.processEvents()  # layers without a place in the tree leave the project only now

    return run


@pytest.fixture
def context(project):
    """The context of one run."""
    made = QgsProcessingContext()
    made.setProject(project)
    return made


@pytest.fixture
def raster(tmp_path):
    """Write a small raster of fields, smooth and rough: ``raster(name, width=…, height=…, bands=…)``."""
    from osgeo import gdal, osr

    def write(name: str = "in.tif", width: int = 300, height: int = 220, bands: int = 3, epsg: int = 2154) -> Path:
        path = tmp_path / name
        ds = gdal.GetDriverByName("GTiff").Create(str(path), width, height, bands)
        ds.SetGeoTransform((650000.0, 0.5, 0.0, 6860000.0, 0.0, -0.5))
        crs = osr.SpatialReference()
        crs.ImportFromEPSG(epsg)
        ds.SetProjection(crs.ExportToWkt())
        for band in range(bands):
            rows = bytearray()
            for y in range(height):
                rows += bytes(
                    (60 * band + 40 * ((x // 50 + y // 40) % 3) + (x * 7 + y * 13 + x * y) % 31) % 256
                    for x in range(width)
                )
            ds.GetRasterBand(band + 1).WriteRaster(0, 0, width, height, bytes(rows))
        ds = None
        return path

    return write


@pytest.fixture
def parcels(project):
    """A memory layer of five squares in EPSG:2154 with a name and a number, the last one broken."""
    from pretend import BOW_TIE

    def make(name: str = "Parcelles d'été", more: str = "") -> QgsVectorLayer:
        layer = QgsVectorLayer(f"Polygon?crs=EPSG:2154&field=kind:string(4)&field=size:double{more}", name, "memory")
        features = []
        for number in range(5):
            feature = QgsFeature(layer.fields())
            x = 650000 + 10 * number
            corners = f"{x} 0, {x + 5} 0, {x + 5} 5, {x} 5, {x} 0"
            feature.setGeometry(QgsGeometry.fromWkt(BOW_TIE if number == 4 else f"POLYGON(({corners}))"))
            feature["kind"], feature["size"] = ("wood", "lake")[number % 2], number + 0.5
            features.append(feature)
        assert layer.dataProvider().addFeatures(features)[0]
        project.addMapLayer(layer)
        return layer

    return make


@pytest.fixture
def on_disk(parcels, project, tmp_path):
    """The same in a file: ``on_disk("GPKG", "two words")``."""

    def make(driver: str = "GPKG", name: str = "parcels", ending: str = ".gpkg") -> QgsVectorLayer:
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName, options.layerName = driver, name
        path = str(tmp_path / f"données{ending}")
        QgsVectorFileWriter.writeAsVectorFormatV3(parcels(), path, project.transformContext(), options)
        layer = QgsVectorLayer(path + (f"|layername={name}" if driver == "GPKG" else ""), name, "ogr")
        assert layer.featureCount() == 5
        project.addMapLayer(layer)
        return layer

    return make


@pytest.fixture
def refusal(context, raster, tmp_path):
    """What checkParameterValues of the pretended job says."""
    from pretend import pretend

    def check(**values):
        values = {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "out.tif"), **values}
        fine, message = pretend().checkParameterValues(values, context)
        assert not fine
        return message

    return check


def find_qgis_process() -> list[str]:
    """The words of a ``qgis_process`` that works: Debian's wrapper of 3.22 does not."""
    for name in (os.environ.get("QGIS_PROCESS", ""), "/usr/bin/qgis_process.bin", "/usr/bin/qgis_process"):
        if name and Path(name).exists():
            tried = subprocess.run([name, "--version"], capture_output=True, text=True, timeout=60)
            if tried.returncode == 0 and "QGIS" in tried.stdout:
                return [name]
    pytest.skip("needs a qgis_process that works; name it in QGIS_PROCESS")


@pytest.fixture(scope="session")
def qgis_process(profile, engine_python):
    """Start ``qgis_process`` with words and, if wanted, more environment; returns the process, with text pipes."""
    command = find_qgis_process()

    def start(*words: object, **environment: str) -> subprocess.Popen:
        # the profile names the plugin; a folder of plugins in the environment would go before it
        inherited = {name: value for name, value in os.environ.items() if name != "QGIS_PLUGINPATH"}
        variables = {
            **inherited,
            "QGIS_CUSTOM_CONFIG_PATH": str(profile),
            "IAMAP_PYTHON": engine_python,
            **environment,
        }
        return subprocess.Popen(
            [*command, *map(str, words)],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start
