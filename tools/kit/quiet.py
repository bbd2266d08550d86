"""rasterio without its noise: GDAL's errors as ours, in one line, and nothing on stderr."""

import contextlib
import logging
import warnings

from . import files
from .error import IoError

SILENT = logging.NullHandler()


@contextlib.contextmanager
def told(path, kind="an image"):
    """Turn what rasterio raises while a raster is read into an IoError; yield the module.

    path  as the message tells it
    """
    import rasterio
    from rasterio._err import CPLE_BaseError  # some of GDAL's errors come as they are

    logging.getLogger("rasterio").addHandler(SILENT)  # its errors are ours to tell
    try:
        yield rasterio
    except (rasterio.errors.RasterioError, CPLE_BaseError, OSError, ValueError) as error:
        words = " ".join(str(error).split())
        raise IoError(f"{path}: cannot be read as {kind}: {words}") from None


@contextlib.contextmanager
def reading(path, kind="an image"):
    """As told, and nothing is printed; for one thread at a time."""
    with told(path, kind) as rasterio, warnings.catch_warnings(), files.silence():
        warnings.simplefilter("ignore")  # an image without a map is what it is
        yield rasterio


@contextlib.contextmanager
def writing(path):
    """Turn what rasterio raises while it writes a raster into an IoError; yield the module."""
    import rasterio
    from rasterio._err import CPLE_BaseError

    try:
        with warnings.catch_warnings(), rasterio.Env(GDAL_PAM_ENABLED=False):
            warnings.simplefilter("ignore")  # as above; nor does GDAL add a file of its own
            yield rasterio
    except (rasterio.errors.RasterioError, CPLE_BaseError) as error:
        words = " ".join(str(error).split())
        raise IoError(f"{path}: cannot be written, is the disk full? GDAL says: {words}") from None
