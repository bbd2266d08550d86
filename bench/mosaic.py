"""mosaic against reading the bytes of its maps, and how it grows with them.

    python bench/mosaic.py

The maps are dense: all longitudes and latitudes, every cell valid; those called sparse are valid
within an ellipse that holds 15 % of the cells, as maps of one image are. Times are CPU seconds of
the whole process with one thread, from the start of Python to the written mosaic; maps are in the
page cache. Memory is the largest that the process held, less what Python and its libraries take for
a mosaic of one small map; what it wrote is in the page cache, not in the process.
"""

import os

import numpy as np
from measure import alone, least, peak, shell

from perijove.kit import cube, projection, special

RADII = 71492.0, 71492.0, 66854.0
BANDS = "RED", "GREEN", "BLUE"
LARGE, SMALL, LEAST = 25.0, 12.5, 10.0  # px/deg
SPARSE = 0.15  # of the cells of a sparse map
FILES = 4  # more maps are these again: they are more than a cache of the processor holds
PIECE = 1 << 20  # bytes read at a time


def write(path, ppd, seed, share=1.0):
    """Write a map of which a share of the cells is valid."""
    km = projection.degree("SimpleCylindrical", RADII) / ppd
    grid = projection.grid("SimpleCylindrical", "Jupiter", RADII, km, (-90, 90, 0, 360))
    core = np.random.default_rng(seed).random((3, *grid.shape), np.float32)
    if share < 1:
        rng, (lines, samples) = np.random.default_rng(seed), grid.shape
        y = np.arange(lines)[:, None] / lines - rng.uniform(0.3, 0.7)
        x = (np.arange(samples) / samples - rng.uniform(0, 1) + 0.5) % 1 - 0.5
        core[:, np.hypot(x, y) > np.sqrt(share / np.pi)] = special.NULL
    image = cube.new(core, BandBin={"FilterName": list(BANDS)})
    image.isis.append(grid.mapping())
    cube.write(path, image)


def maps(folder, ppd, count, share=1.0):
    """Return the list of so many maps, and their paths."""
    files = FILES if share == 1 else count
    paths = [f"{folder}/{ppd:g}-{share:g}-{k % files}.cub" for k in range(count)]
    for k, path in enumerate(paths[:files]):
        if not os.path.exists(path):
            write(path, ppd, k, share)
    name = f"{folder}/{ppd:g}-{share:g}-{count}.lis"
    with open(name, "w") as stream:
        stream.write("\n".join(paths))
    return name, paths


def read(paths):
    """Read files by os.preadv into one buffer."""
    buffer = np.empty(PIECE, np.uint8)
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        for at in range(0, os.fstat(handle).st_size, PIECE):
            os.preadv(handle, [buffer], at)
        os.close(handle)


def line(folder, name, words=""):
    return f"mosaic FROMLIST={name} TO={folder}/mosaic.cub -jobs=1 -quiet {words}"


def cost(folder, ppd, count, words="", share=1.0):
    """CPU seconds of a mosaic, and of reading its maps."""
    name, paths = maps(folder, ppd, count, share)
    return least(lambda: shell(line(folder, name, words))), least(lambda: read(paths))


def copied(paths):
    """CPU seconds of numpy to copy the samples of maps, from memory to memory."""
    core = np.fromfile(paths[0], np.float32)
    target = np.empty_like(core)
    return len(paths) * least(lambda: np.copyto(target, core), 5)


def memory(folder, ppd, count, bare):
    """Bytes that a mosaic takes besides Python, and those of its output."""
    name, _ = maps(folder, ppd, count)
    return peak(line(folder, name)) - bare, 4 * 3 * int(360 * ppd) * int(180 * ppd)


def ratios(folder):
    """List of (name, value, reference, unit): each value over its reference is to be told."""
    sizes = {ppd: f"{int(360 * ppd)}x{int(180 * ppd)}x3" for ppd in (LARGE, SMALL, LEAST)}
    _, paths = maps(folder, LARGE, 30)
    thirty, bytes_ = cost(folder, LARGE, 30)
    ten, of_ten = cost(folder, LARGE, 10)
    found = [
        (f"mosaic of 30 dense maps {sizes[LARGE]}", thirty, bytes_, "reading them"),
        (f"mosaic of 30 dense maps {sizes[LARGE]}", thirty, copied(paths), "numpy's copy of them"),
        (f"mosaic of 10 dense maps {sizes[LARGE]}", ten, of_ten, "reading them"),
        ("one dense map more", (thirty - ten) / 20, (bytes_ - of_ten) / 20, "reading it"),
        (f"mosaic of 30 dense maps {sizes[SMALL]}", *cost(folder, SMALL, 30), "reading them"),
    ]
    for words in ("", "PRIORITY=MEDIAN"):
        name = f"mosaic of 30 sparse maps {sizes[LEAST]} {words}".strip()
        found.append((name, *cost(folder, LEAST, 30, words, SPARSE), "reading them"))
    for words in ("PRIORITY=MEDIAN", "PRIORITY=ONTOP", "EQUALIZE=BOTH"):
        name = f"mosaic of 10 maps {sizes[SMALL]}, {words}"
        found.append((name, *cost(folder, SMALL, 10, words), "reading them"))
    bare = peak(line(folder, maps(folder, 1.0, 1)[0]))
    for ppd, count in ((LARGE, 10), (LARGE, 30), (SMALL, 30)):
        name = f"memory, {count} maps {sizes[ppd]}"
        found.append((name, *memory(folder, ppd, count, bare), "output"))
    return found


if __name__ == "__main__":
    alone(ratios)
