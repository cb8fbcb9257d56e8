"""The door to QGIS: PyQGIS and the standard library only. Nothing heavy is ever imported into QGIS's process."""
