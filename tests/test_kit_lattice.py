"""How maps lie on one another, in whole cells."""

from dataclasses import replace

import pytest

from perijove.kit import lattice, projection

RADII = (71492.0, 71492.0, 66854.0)


def made(box=(-90, 90, 0, 360), ppd=2.0, name="SimpleCylindrical", clat=0.0, clon=180.0, **more):
    km = projection.degree(name, RADII, clat) / ppd
    return projection.grid(name, "Jupiter", RADII, km, box, clat, clon, **more)


WORLD = made()


def test_a_turn_of_longitude():
    assert lattice.period(WORLD) == 720 and lattice.period(made((0, 30, 40, 90))) == 720
    assert lattice.period(made(name="Equirectangular", clat=60.0)) == 360
    assert lattice.period(made(ppd=2.001)) is None
    assert lattice.turn(made(ppd=2.001)) == pytest.approx(720.36)
    assert lattice.period(made((50, 90, 0, 360), name="PolarStereographic", clat=90.0)) is None


def test_where_a_map_lies():
    """360 W is on the left of the world: 100 W is the 520th sample's left edge."""
    assert lattice.offset(WORLD, WORLD) == (0, 0)
    assert lattice.offset(made((-30, 40, 20, 100)), WORLD) == (100, 520)
    east = made((-30, 40, -60, 20), clon=0.0)  # 20 W to 60 E
    assert lattice.offset(east, WORLD) == (100, 680)
    assert lattice.offset(WORLD, made((-30, 40, 20, 100))) == (-100, 200)
    turned = made((-90, 90, -180, 180), clon=0.0)
    assert lattice.offset(turned, WORLD) == (0, 360)


@pytest.mark.parametrize(
    "other",
    [
        made(ppd=4.0),
        replace(WORLD, left=WORLD.left + 0.3 * WORLD.scale),
        replace(WORLD, centric=True),
        made(name="Equirectangular", clat=10.0),
        made(ppd=2.0 * (1 + 1e-5)),
    ],
)
def test_another_lattice(other):
    assert lattice.offset(other, WORLD) is None


def test_spans_of_a_window():
    assert lattice.spans(100, 50, 0, 720, 720) == [(100, 0, 50)]
    assert lattice.spans(700, 50, 0, 720, 720) == [(0, 20, 30), (700, 0, 20)]
    assert lattice.spans(360, 720, 0, 720, 720) == [(0, 360, 360), (360, 0, 360)]
    assert lattice.spans(0, 720, 700, 40, 720) == [(0, 700, 20), (20, 0, 20)]
    assert lattice.spans(-5, 20, 0, 10) == [(0, 5, 10)]
    assert lattice.spans(30, 20, 0, 10) == []


def test_the_grid_of_all():
    a, b, c = made((-30, 40, 20, 100)), made((0, 60, 80, 160)), made((-10, 5, -40, 10), clon=0.0)
    found = lattice.union(a, [a, b])
    assert (found.minlat, found.maxlat, found.minlon, found.maxlon) == (-30, 60, 20, 160)
    assert lattice.offset(a, found) == (40, 120)
    found = lattice.union(a, [a, b, c])  # the shorter way goes over 0
    assert (found.minlon, found.maxlon, found.samples) == (-40, 160, 400)
    assert lattice.union(a, [a, c, b]) == found
    assert lattice.union(WORLD, [WORLD, a]) is WORLD
    assert lattice.union(a, [a, WORLD]).shape == WORLD.shape
    assert lattice.union(a, [a, a]) is a


def test_maps_on_other_lattices_are_held():
    a = made((-30, 40, 20, 100))
    found = lattice.union(a, [a, made((0, 60, 80, 160), ppd=5.0)])
    assert (found.lines, found.samples) == (180, 280)
    pole = made((60, 90, 0, 360), name="PolarStereographic", clat=90.0, clon=0.0)
    found = lattice.union(a, [a, pole])
    assert found.samples == 720 and found.maxlat == 90
    found = lattice.union(pole, [pole, made((40, 90, 0, 360))])
    lat, lon = 45.0, 123.0
    line, sample = found.pixel(lat, lon)
    assert 0 < line < found.lines and 0 < sample < found.samples


def test_a_pole_is_no_edge():
    assert lattice.ends(WORLD) == (False, False)
    assert lattice.ends(made((-30, 90, 0, 360))) == (False, True)
    assert lattice.ends(made((-30, 90, 0, 300))) == (True, True)
