"""Features that no file holds as they are shown: selected, filtered, edited, joined, in memory, in a database."""

from __future__ import annotations

import itertools
import os
import re
from dataclasses import dataclass
from typing import Any

from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsFeatureRequest,
    QgsFeedback,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsJsonUtils,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsVectorLayerFeatureSource,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

from ...contract.errors import BadRequest, Cancelled
from ..words import tr

#: features between two looks at whether the run was cancelled
STRIDE = 500


@dataclass(frozen=True)
class Snapshot:
    """Features of a layer as they were when the run was prepared, to be written when it starts.

    It is made in the thread where the layer lives and read in any other: a layer itself must not be.
    """

    name: str
    source: QgsVectorLayerFeatureSource
    wanted: QgsFeatureRequest
    selected: frozenset[int] | None
    limit: int | None
    geometry: Any
    crs: QgsCoordinateReferenceSystem
    transforms: QgsCoordinateTransformContext
    columns: Columns

    @classmethod
    def of(
        cls,
        layer: QgsVectorLayer,
        wanted: QgsFeatureRequest,
        selected: frozenset[int] | None,
        limit: int | None,
        transforms: QgsCoordinateTransformContext,
    ) -> Snapshot:
        """Take it of what *layer* shows now.

        Args:
            selected: ids of the only features wanted.
            limit: no more features than that.
        """
        source, columns = QgsVectorLayerFeatureSource(layer), Columns.of(layer)
        return cls(layer.name(), source, wanted, selected, limit, layer.wkbType(), layer.crs(), transforms, columns)

    def __str__(self) -> str:
        """The name of the layer: what messages say where a file is not there yet."""
        return self.name.strip() or "features"

    def write(self, folder: str, feedback: QgsFeedback) -> str:
        """Write the features with their ids and attributes into a GeoPackage of its own in *folder*; return its path.

        Geometries are written as they are, broken ones too: curves only become lines, which more programs read.

        Raises:
            BadRequest: they can't be written.
            Cancelled: the user has stopped the run.
        """
        path = _free_path(folder, self.name)
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName, options.layerName = "GPKG", self.name
        options.layerOptions = [f"FID={self.columns.id}"]
        writer = QgsVectorFileWriter.create(
            path, self.columns.fields(), QgsWkbTypes.linearType(self.geometry), self.crs, self.transforms, options
        )
        try:
            # asked at once: a writer that could not be made takes features without a word (3.22)
            self._refuse_failed(writer)
            for count, feature in enumerate(self._features()):
                if count % STRIDE == 0 and feedback.isCanceled():
                    raise Cancelled(tr("cancelled"))
                if not writer.addFeature(self.columns.feature(feature)):
                    self._refuse_failed(writer)
        finally:
            del writer  # which closes the file
        return path

    def _refuse_failed(self, writer: QgsVectorFileWriter) -> None:
        if writer.hasError() != QgsVectorFileWriter.WriterError.NoError:
            raise BadRequest(
                tr("the features of the layer {name} can't be written to a file: {error}").format(
                    name=self.name, error=writer.errorMessage()
                ),
                tr("save the layer as GeoPackage first: right-click it, Export, Save Features As"),
            )

    def _features(self) -> Any:
        wanted, left = QgsFeatureRequest(self.wanted), self.limit
        if self.selected is not None and wanted.filterExpression() is None:
            wanted.setFilterFids(list(self.selected))
        for feature in self.source.getFeatures(wanted):
            if self.selected is not None and feature.id() not in self.selected:
                continue
            if left is not None:
                left -= 1
                if left < 0:
                    return
            yield feature


@dataclass(frozen=True)
class Columns:
    """How attributes become columns of a GeoPackage, which has fewer types, and one name whatever the case.

    Attributes:
        id: the column of the features' ids.
        kept: (position in the layer, field to write, whether its values have to become text).
    """

    id: str
    kept: tuple[tuple[int, QgsField, bool], ...]

    @classmethod
    def of(cls, layer: QgsVectorLayer) -> Columns:
        """Plan the columns for *layer*."""
        plain = {
            QVariant.Bool, QVariant.Int, QVariant.LongLong, QVariant.Double, QVariant.String,
            QVariant.Date, QVariant.DateTime,
        }  # fmt: skip
        fields, keys = layer.fields(), layer.primaryKeyAttributes()
        clash = [i for i, name in enumerate(fields.names()) if name.lower() == "fid"]
        # layers of a GeoPackage show their ids as a column: it is the same one again
        same = clash if clash == keys and layer.dataProvider().storageType() == "GPKG" else []
        own = "fid_in_qgis" if clash and not same else "fid"
        taken, kept = {own, "geom"}, []
        for position, field in enumerate(fields):
            if position in same:
                continue
            name = _free_name(field.name(), taken)
            taken.add(name.lower())
            # no length and no precision: they are promises that values don't always keep
            special = field.type() not in plain
            kept.append((position, QgsField(name, QVariant.String if special else field.type()), special))
        return cls(own, tuple(kept))

    def fields(self) -> QgsFields:
        """The columns as QGIS wants them, ids first."""
        made = QgsFields()
        for field in (QgsField(self.id, QVariant.LongLong), *(field for _, field, _ in self.kept)):
            made.append(field)
        return made

    def feature(self, feature: QgsFeature) -> QgsFeature:
        """*feature* with these columns; curves become lines."""
        values = feature.attributes()
        told = [_as_text(values[position]) if special else values[position] for position, _, special in self.kept]
        made = QgsFeature(feature.id())
        made.setAttributes([feature.id(), *told])
        if feature.hasGeometry():
            geometry = feature.geometry()
            curved = QgsWkbTypes.isCurvedType(geometry.wkbType())
            made.setGeometry(QgsGeometry(geometry.constGet().segmentize()) if curved else geometry)
        return made


def _as_text(value: Any) -> str | None:
    """Lists and maps as JSON, anything else as the text that JSON would hold."""
    return None if value is None or value == NULL else str(QgsJsonUtils.encodeValue(value)).strip('"')


def _free_name(name: str, taken: set[str]) -> str:
    """*name*, or with a number behind it where another column has it already."""
    more = (f"{name}_{number}" for number in itertools.count(2))
    return next(free for free in itertools.chain([name], more) if free.lower() not in taken)


def _free_path(folder: str, name: str) -> str:
    """A file in *folder* that is not there yet, called after the layer: messages of the engine name it."""
    stem = re.sub(r"[^\w.-]+", "_", name).strip("._")[:60] or "features"
    paths = (os.path.join(folder, f"{stem}{'' if i == 1 else f'_{i}'}.gpkg") for i in itertools.count(1))
    return next(path for path in paths if not os.path.exists(path))
