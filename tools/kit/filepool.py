"""Files kept open between windows, however many there are."""

import contextlib
import threading
from collections import OrderedDict

from .region import Region

MOST = 200  # files kept open; a list may be longer than what can be open


class Pool:
    """Regions for any number of threads, which read the same one at a time as they like."""

    def __init__(self):
        self.held, self.lock = OrderedDict(), threading.Lock()  # path: [Region, who reads it]

    @contextlib.contextmanager
    def region(self, path):
        """Lend the Region of a path."""
        with self.lock:
            if path not in self.held:
                self.held[path] = [Region(path), 0]
            entry = self.held[path]
            entry[1] += 1
            self.held.move_to_end(path)
        try:
            yield entry[0]
        finally:
            with self.lock:
                entry[1] -= 1
                self._shrink()

    def _shrink(self):
        """Close what nobody reads and was lent longest ago, of files beyond MOST."""
        if len(self.held) <= MOST:
            return
        idle = [path for path, (_, readers) in self.held.items() if not readers]
        for path in idle[: len(self.held) - MOST]:
            self.held.pop(path)[0].close()

    def close(self):
        """Give all files back."""
        for region, _ in self.held.values():
            region.close()
        self.held.clear()
