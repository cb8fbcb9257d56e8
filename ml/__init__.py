"""One file per method on features. Cards are read by QGIS; their work runs in the engine."""
