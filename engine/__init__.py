"""The engine: everything that needs numpy, rasterio or torch. Never imported by QGIS."""
