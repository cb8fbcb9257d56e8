"""The engine: everything that needs numpy, rasterio or torch. Never imported by QGIS."""

import warnings

# what rasterio says of rasters without a place on the ground, when they are read and when they are written: a job that needs
# one says so itself. By text, so that rasterio is not imported for it
warnings.filterwarnings("ignore", "Dataset has no geotransform|The given matrix is equal to Affine.identity")
