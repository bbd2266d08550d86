"""stats: counts, moments and ranks of the samples of a cube, against numpy."""

import csv

import numpy as np
import pytest
from numpy.testing import assert_allclose

from perijove.kit import cube, label, special
from perijove.stats import main, measured


def told(capsys, *words):
    main(*words)
    return label.loads(capsys.readouterr().out).nodes("Results")


@pytest.fixture
def image(tmp_path):
    """Two bands of numbers, of which the first has each kind of special pixel."""
    rng = np.random.default_rng(8)
    core = rng.gamma(2.0, 0.1, (2, 300, 500)).astype(np.float32)
    kinds = (special.NULL, special.LRS, special.LIS, special.HIS, special.HRS)
    for i, kind in enumerate(kinds):
        core[0, i, : i + 1] = kind
    made = cube.new(core, BandBin={"FilterName": ["RED", "BLUE"]})
    cube.write(f"{tmp_path}/a.cub", made)
    return made


def test_four_samples_by_hand():
    v = np.array([[1, 2, 4, 9]], np.float32)
    (found,) = measured([(0, v)], 1, percents=(0, 10, 100))
    assert found["Average"] == 4 and found["Sum"] == 16 and found["Median"] == 3
    assert_allclose([found["Variance"], found["StandardDeviation"]], [38 / 3, (38 / 3) ** 0.5])
    assert_allclose(found["Skew"], 3 / (38 / 3) ** 0.5)
    assert (found["Minimum"], found["Maximum"]) == (1, 9)
    assert_allclose(found["Percentile"], [1, 1.3, 9])
    (one,) = measured([(0, v[:, :1])], 1)
    assert one["Median"] == one["Mode"] == 1 and one["Variance"] is None is one["Skew"]


def test_every_band_against_numpy(image, tmp_path, capsys):
    percents = [0.5, 99.5, 25]
    found = told(capsys, f"FROM={tmp_path}/a.cub", f"PERCENT=({','.join(map(str, percents))})")
    assert [group["FilterName"] for group in found] == ["RED", "BLUE"]
    for group, plane in zip(found, image.core, strict=True):
        v = plane[~np.isnan(plane)].astype(float)
        expected = dict(
            Average=v.mean(),
            StandardDeviation=v.std(ddof=1),
            Variance=v.var(ddof=1),
            Median=np.median(v),
            Minimum=v.min(),
            Maximum=v.max(),
            Sum=v.sum(),
            Skew=3 * (v.mean() - np.median(v)) / v.std(ddof=1),
        )
        assert_allclose([group[k] for k in expected], list(expected.values()), rtol=1e-12)
        assert_allclose(group["Percentile"], np.percentile(v, percents), rtol=1e-14)
        assert group["Percent"] == percents and group["TotalPixels"] == 150000
        assert group["ValidPixels"] == v.size
        width = (v.max() - v.min()) / 65535
        counts = np.bincount(np.rint((v - v.min()) / width).astype(int))
        assert_allclose(group["Mode"], v.min() + width * counts.argmax(), rtol=0, atol=width / 2)
    counts = [found[0][f"{k}Pixels"] for k in special.NAMES[1:]]
    assert counts == [1, 2, 3, 4, 5]


def test_a_range_leaves_samples_out_and_counts_them(image, tmp_path, capsys):
    words = f"FROM={tmp_path}/a.cub+2", "VALIDMIN=0.1", "VALIDMAX=0.3"
    (group,) = told(capsys, *words)
    v = image.core[1]
    held = v[(v >= np.float32(0.1)) & (v <= np.float32(0.3))]
    assert (group["Band"], group["FilterName"], group["ValidPixels"]) == (2, "BLUE", held.size)
    assert_allclose(group["Average"], held.mean(dtype=float), rtol=1e-12)
    assert group["UnderValidMinimumPixels"] == np.count_nonzero(v < np.float32(0.1))
    assert group["OverValidMaximumPixels"] == np.count_nonzero(v > np.float32(0.3))
    assert group["Minimum"] == held.min() and group["Maximum"] == held.max()


@pytest.mark.parametrize("kind", ["UnsignedByte", "SignedWord", "SignedInteger", "Double"])
@pytest.mark.parametrize("form", ["BSQ", "Tile"])
def test_pixel_types(tmp_path, capsys, kind, form):
    rng = np.random.default_rng(9)
    v = rng.integers(1, 200, (1, 130, 140)).astype(float)
    v[0, :60] = 117
    cube.write(f"{tmp_path}/a.cub+{form}", cube.new(v), type=kind)
    (group,) = told(capsys, f"FROM={tmp_path}/a.cub")
    assert group["Median"] == np.median(v) and group["Sum"] == v.sum() and group["Mode"] == 117
    assert_allclose(group["Variance"], v.var(ddof=1), rtol=1e-12)


def test_doubles_keep_their_digits(tmp_path, capsys):
    v = 1e8 + np.random.default_rng(10).standard_normal((1, 50, 101))
    cube.write(f"{tmp_path}/a.cub", cube.new(v), type="Double")
    (group,) = told(capsys, f"FROM={tmp_path}/a.cub", "PERCENT=33")
    assert group["Median"] == np.median(v)
    assert_allclose(group["StandardDeviation"], v.std(ddof=1), rtol=1e-7)
    assert_allclose(group["Percentile"], np.percentile(v, 33), rtol=1e-15)


def test_what_no_sample_tells_is_null(tmp_path, capsys):
    cube.write(f"{tmp_path}/a.cub", cube.new(np.full((1, 3, 4), special.HIS, np.float32)))
    (group,) = told(capsys, f"FROM={tmp_path}/a.cub", "PERCENT=(5,95)")
    assert group["Average"] is group["Median"] is group["Sum"] is None
    assert group["Percentile"] == [None, None]
    assert (group["HisPixels"], group["ValidPixels"]) == (12, 0)


def test_a_table_for_spreadsheets(image, tmp_path, capsys):
    main(f"FROM={tmp_path}/a.cub", f"TO={tmp_path}/a.csv", "FORMAT=FLAT", "PERCENT=(1,99)")
    assert capsys.readouterr().out == ""
    with open(tmp_path / "a.csv") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["Band"] for row in rows] == ["1", "2"] and rows[0]["From"] == "a.cub"
    assert_allclose(float(rows[1]["Percentile2"]), np.percentile(image.core[1], 99), rtol=1e-6)


def test_refusals(image, tmp_path, capsys):
    def refused(*words):
        with pytest.raises(SystemExit) as stop:
            main(*words)
        return stop.value.code, capsys.readouterr().err

    words = f"FROM={tmp_path}/a.cub"
    code, line = refused(words, "VALIDMIN=2", "VALIDMAX=1")
    assert code == 2 and "VALIDMIN = 2 is above VALIDMAX = 1" in line
    code, line = refused(words, "PERCENT=(5,101)")
    assert code == 2 and "PERCENT = 101: expected at most 100" in line
    data = (tmp_path / "a.cub").read_bytes()
    (tmp_path / "a.cub").write_bytes(data[:-1000])
    code, line = refused(words, f"TO={tmp_path}/b.pvl")
    assert code == 4 and "truncated" in line and not (tmp_path / "b.pvl").exists()


def test_a_pipe_prints_what_a_file_does(image, tmp_path, shell):
    """A pipe cannot be read twice; its label may be asked for a value with getkey."""
    shell("cat a.cub | stats PERCENT=2 > piped && stats FROM=a.cub PERCENT=2 > filed")
    piped, filed = ((tmp_path / name).read_text() for name in ("piped", "filed"))
    assert filed.replace("= a.cub", '= "-"') == piped
    shell("stats PERCENT=2 < a.cub > again && cmp piped again")
    assert shell("getkey FROM=filed KEYWORD=LrsPixels").stdout == b"2\n"
    truncated = shell("head -c 300000 a.cub | stats", check=False)
    assert truncated.returncode == 4 and truncated.stdout == b""
    double = shell("cat a.cub a.cub | stats", check=False)
    assert double.returncode == 4 and b"second cube" in double.stderr
