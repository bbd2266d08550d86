"""The way to a scheduler of dask.distributed, and quiet on it."""

import asyncio
import contextlib
import logging
import socket
import warnings
from concurrent.futures import ThreadPoolExecutor

from . import files
from .error import Error, IoError

CONNECT = 15  # s until a scheduler has answered


@contextlib.contextmanager
def silence():
    """Keep the words of distributed off stderr, which is for ours."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def client(address):
    """Return the Client of the scheduler at an address; an I/O ERROR where none answers."""
    try:
        from distributed import Client
    except Exception:  # not installed, or broken
        raise Error("-cluster needs dask.distributed: pip install 'perijove[dist]'") from None
    host, _, port = address.rpartition("//")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT).close()
        with ThreadPoolExecutor(1) as pool:  # a notebook has a loop of its own
            pool.submit(asyncio.run, _probe(address)).result()
        return Client(address, timeout=CONNECT, set_as_default=False)
    except Exception as error:  # of whatever answers there
        words = isinstance(error, OSError) and files.reason(error)
        raise IoError(
            f"-cluster = {address}: no scheduler answers ({words or 'it is none'}): start one with "
            f"dask scheduler --port {port}, and its workers with dask worker {address}"
        ) from None


async def _probe(address):
    """Connect once: a Client would wait for ever for one that listens and says nothing."""
    from distributed import Security
    from distributed.comm import connect

    security = Security().get_connection_args("client")
    async with asyncio.timeout(CONNECT):
        await (await connect(address, **security)).close()
