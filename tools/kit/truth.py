"""What a perfect chain would make of a simulated image, and what was put in."""

import numpy as np

from perijove.kit import cube as cubes
from perijove.kit import ellipsoid, geometry, label, projection, render, scene, special
from perijove.kit.label import Node, Quantity
from perijove.kit.spin import RPM, Spin


def radiance(g, albedo, k, grid):
    """I/F (bands, lines, samples) float32 on a Grid at the epoch of g; Null: dark, turned away.

    g       Geometry of one frame
    albedo  bands of the scene
    k       Minnaert's exponent, `render` eq. (1); None: the albedo of the whole planet
    """
    textures = [scene.padded(band) for band in albedo]
    out = np.full((len(textures), *grid.shape), special.NULL, np.float32)
    samples = np.arange(grid.samples)
    for line in range(grid.lines):  # one by one: 25 cells per degree are 40 million of them
        lat, lon = np.broadcast_arrays(*grid.latlon(line, samples))
        shade, seen = 1.0, np.ones(lat.shape, bool)
        if k is not None:
            mu0, mu = g.angles(0, ellipsoid.surface(lat, lon, g.radii)[0])
            shade, seen = render.minnaert(mu0, mu, k), (mu0 > 0) & (mu > 0)
        at = lat[None].astype(np.float32), lon[None].astype(np.float32)
        for band, texture in zip(out, textures, strict=True):
            np.copyto(band[line], scene.sample(texture, *at)[0] * shade, where=seen)
    return out


def cube(g, albedo, k, height, resolution, product):
    """`radiance` at the middle of an image as a map cube, as mapproj makes it with its defaults.

    g           Geometry of the image, of clouds `height` km above the reference ellipsoid
    resolution  cells per degree;  product  its ProductId
    """
    radii = g.radii - height
    scale = projection.degree("SimpleCylindrical", radii, 0.0) / resolution
    grid = projection.grid("SimpleCylindrical", g.target, radii, scale, (-90, 90, 0, 360))
    made = cubes.new(
        radiance(g.mid(), albedo, k, grid),
        Instrument={"SpacecraftName": "JUNO", "InstrumentId": "JNC", "TargetName": g.target},
        Archive={"ProductId": product},
        BandBin={"FilterName": list(g.camera.names)},
        Radiometry={"Units": "I/F"},
    )
    made.isis.append(grid.mapping())
    return geometry.attach(made, g.mid())


def group(g, flyby, error, height):
    """Group Truth, in the words of jitter's Group LimbFit.

    error   s, true start minus START_TIME;  height  km
    """
    made = Node("Group", "Truth")
    made.update(
        TimeOffset=Quantity(1e3 * error, "ms"),
        SpinRate=Quantity(flyby.spin / RPM, "rpm"),
        AxisOffset=Quantity([float(v) for v in Spin(g).offset(flyby.axis)], "degrees"),
        SpinAxis=[float(v) for v in flyby.axis],
        Twist=Quantity(g.camera.twist, "degrees"),
        LineOffset=Quantity([float(v) for v in g.camera.offsets], "pixels"),
        LimbHeight=Quantity([float(height)] * len(g.camera.names), "km"),
        MidEt=Quantity(float(g.et.mean()), "s"),
    )
    return made


def text(made):
    """A label that holds a group, as bytes."""
    root = Node()
    root.append(made)
    return label.dumps(root).encode()
