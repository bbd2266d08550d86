"""Tools run on files by tests, and the cubes that they make."""

from perijove.jitter import main as jitter
from perijove.kit import cube, geometry
from perijove.spiceinit import main as spiceinit


def initiated(kernels, out):
    """A function: spiceinit on a file, with these kernels unless others are given -> its cube."""

    def run(path, *words):
        given = any(word.startswith("KERNELS") for word in words)
        more = [] if given else [f"KERNELS={kernels}"]
        spiceinit(f"FROM={path}", f"TO={out}", *more, *words)
        return cube.read(str(out))

    return run


def saved(made, path):
    """The path to which a cube was written."""
    cube.write(path, made)
    return path


def solved(source, target, *words):
    """The geometry and Group LimbFit that jitter makes of a cube."""
    jitter(f"FROM={source}", f"TO={target}", "-quiet", *words)
    made = cube.read(target)
    return geometry.from_cube(made), made.isis.nodes("LimbFit")[0]
