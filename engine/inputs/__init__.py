"""From a raster to what an encoder is fed: what its bands are, which of them, in which unit, normalised how."""
