"""rasterio without its noise: GDAL's errors as ours, in one line, and nothing on stderr."""

import contextlib
import logging
import warnings

from . import files
from .error import IoError

SILENT = logging.NullHandler()


@contextlib.contextmanager
def reading(path, kind="an image"):
    """Turn what rasterio raises while a raster is read into an IoError; yield the module.

    path  as the message tells it
    """
    import rasterio
    from rasterio._err import CPLE_BaseError  # some of GDAL's errors come as they are

    logging.getLogger("rasterio").addHandler(SILENT)  # its errors are ours to tell
    try:
        with warnings.catch_warnings(), files.silence():
            warnings.simplefilter("ignore")  # an image without a map is what it is
            yield rasterio
    except (rasterio.errors.RasterioError, CPLE_BaseError, OSError, ValueError) as error:
        words = " ".join(str(error).split())
        raise IoError(f"{path}: cannot be read as {kind}: {words}") from None
