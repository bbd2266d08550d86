"""A whole perijove: thirty simulated images to one map, on one processor, on two, on a cluster."""

import subprocess

import numpy as np
import pytest

import workers
from perijove.decompand import main as decompand
from perijove.junocal import main as junocal
from perijove.junocam2cub import main as junocam2cub
from perijove.junosim import main as junosim
from perijove.kit import cube
from perijove.mapproj import main as mapproj
from perijove.photom import main as photom
from perijove.spiceinit import main as spiceinit

IMAGES = 30
MOSAIC = ["mosaic", "FROMLIST=maps.lis", "EQUALIZE=GAIN", "MINCOUNT=200", "TRACK=YES", "MEMORY=16"]


@pytest.fixture(scope="module")
def maps(tmp_path_factory):
    """A folder with maps of images taken every minute, and their list."""
    workers.needed()
    folder = tmp_path_factory.mktemp("perijove")
    step = [str(folder / f"{name}.cub") for name in ("raw", "lin", "cal", "geo", "map")]
    for n in range(IMAGES):
        words = f"FRAMES=5 MINUTES={25 + n} SEED={n} JITTER=0 TRUTH=NONE -quiet".split()
        junosim(f"TO={folder}/{n}", f"KERNELS={'NO' if n else 'YES'}", *words)
        (raw,) = (folder / str(n)).glob("*-raw.png")
        junocam2cub(f"FROM={raw}", f"TO={step[0]}", "-quiet")
        decompand(f"FROM={step[0]}", f"TO={step[1]}", "-quiet")
        junocal(f"FROM={step[1]}", f"TO={step[2]}", "-quiet")
        spiceinit(f"FROM={step[2]}", f"TO={step[3]}", f"KERNELS={folder}/0/kernels", "-quiet")
        mapproj(f"FROM={step[3]}", f"TO={step[4]}", "RESOLUTION=6", "-quiet")
        photom(f"FROM={step[4]}", f"TO={folder}/{n:02d}.cub", "MODEL=LAMBERT", "-quiet")
    names = [f"{n:02d}.cub" for n in range(IMAGES)]
    (folder / "maps.lis").write_text("\n".join(names) + "\n")
    return folder


def test_one_process_two_threads_and_a_cluster_that_loses_a_worker(maps, tmp_path):
    local = workers.Workers(tmp_path, failures=3)
    try:
        address = local.have(2)
        for name, words in (("one", ["-jobs=1"]), ("two", ["-jobs=2"])):
            subprocess.run([*MOSAIC, *words, f"TO={name}.cub"], cwd=maps, check=True)
        words = [f"-cluster={address}", "TO=cluster.cub"]
        done = subprocess.Popen([*MOSAIC, *words], cwd=maps, stderr=subprocess.PIPE, text=True)
        lost = local.at(maps / "07.cub")
        local.kill(lost)
        assert done.poll() is None, "the worker was killed too late"
        assert done.wait(workers.PATIENCE) == 0, done.stderr.read()
        done.stderr.close()
    finally:
        local.close()
    first = (maps / "one.cub").read_bytes()
    assert (maps / "two.cub").read_bytes() == first
    assert (maps / "cluster.cub").read_bytes() == first

    made = cube.read(str(maps / "one.cub"))
    count = made.core[-1]
    assert np.nanmax(count) > 3 and np.isfinite(count).mean() > 0.05
    for n in range(IMAGES):  # every image lies in it, as bright as the others to some percent
        own = cube.read(str(maps / f"{n:02d}.cub")).core
        ratio = made.core[:-1] / own
        assert abs(np.nanmedian(ratio) - 1) < 0.1
