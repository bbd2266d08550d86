"""kit/imq: compressed images of Voyager and Viking."""

import numpy as np
import pytest

import vidiconfiles
from perijove.kit import imq, vicar
from perijove.kit.error import Error, IoError

RNG = np.random.default_rng(7)
SMOOTH = (60 + 40 * np.sin(np.arange(40 * 50) / 9) + RNG.normal(0, 3, 2000)).astype(np.uint8)
CORE = SMOOTH.reshape(40, 50)


def counts(**symbols):
    found = np.zeros(511, np.int64)
    for symbol, count in symbols.items():
        found[int(symbol[1:]) - 1] = count
    return found


def test_a_code_and_a_line_by_hand():
    """255 and 257 occur once, 256 twice: their node (2) goes before 256, so 256 is branch 1."""
    frequencies = counts(d255=1, d256=2, d257=1)
    assert imq.tree(frequencies).tolist() == [[-255, -257], [0, -256]]
    line = bytes([10, 0b10001100])  # 1, 00, 01, 1: same, one more, one less, same
    assert imq.decode([line], 5, frequencies).tolist() == [[10, 10, 11, 10, 10]]


def test_a_real_image_is_the_one_unpacked_long_ago(testdata):
    data = (testdata / "voyager/c3440346.imq").read_bytes()
    core, root, text = imq.parse(data)
    assert np.array_equal(core, vicar.read(testdata / "voyager/c3440346.img").core[0])
    assert root["IMAGE_NUMBER"] == 34403.46 and root.nodes("IMAGE")[0]["LINES"] == 800
    assert text.count("\r\n") == 53 and text.endswith("END\r\n")


def test_what_is_coded_comes_back():
    rough = RNG.integers(0, 256, (30, 70), dtype=np.uint8)  # every difference, and round the clock
    steps = np.tile(np.array([0, 255], np.uint8), (4, 9))
    for core in (CORE, rough, steps, CORE[:1], CORE[:, :3]):
        found, _, text = imq.parse(vidiconfiles.voyager(core))
        assert np.array_equal(found, core) and found.flags.c_contiguous
        assert "FLIGHT DATA" in text


def test_codes_longer_than_the_table_looks_up():
    """Frequencies like Fibonacci's numbers give a code one bit longer for each symbol."""
    rare = [1, 1]
    while len(rare) < 30:
        rare.append(rare[-1] + rare[-2])
    frequencies = np.zeros(511, np.int64)
    frequencies[240:270] = rare
    assert max(map(len, vidiconfiles.codes(frequencies).values())) == 29
    steps = np.arange(241, 271)
    rows = np.array([np.cumsum(np.roll(256 - steps, n)) + 128 for n in range(20)])
    rows -= rows.min()
    assert 0 <= rows.min() and rows.max() < 256
    lines, _ = vidiconfiles.coded(rows, frequencies)
    assert np.array_equal(imq.decode(lines, rows.shape[1], frequencies), rows)


def test_a_viking_image_by_a_real_label(testdata):
    """Its 61 lines and its pointers fit the records of 1204 bytes; only CHECKSUM is of others."""
    core = (2 * RNG.integers(0, 60, (1056, 1204)).cumsum(1) % 100).astype(np.uint8)
    text = vidiconfiles.viking_label(testdata, int(core.sum()))
    assert len(text.split("\n")) == 61
    found, root, _ = imq.parse(vidiconfiles.viking(core, text))
    assert np.array_equal(found, core) and root["LABEL_RECORDS"] == 61
    wrong = text.replace(str(core.sum()), str(core.sum() + 1))
    with pytest.raises(IoError, match=f"its samples add up to {core.sum()}, CHECKSUM = "):
        imq.parse(vidiconfiles.viking(core, wrong))


HISTOGRAM = np.bincount(CORE.ravel(), minlength=256)
OTHER = HISTOGRAM + np.eye(256, dtype=int)[3] - np.eye(256, dtype=int)[60]


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ({"histogram": OTHER}, "IMAGE_HISTOGRAM and samples differ in 2 of 256 .* DN 3"),
        ({"frequencies": np.zeros(511)}, "its ENCODING_HISTOGRAM gives no code"),
        ({"frequencies": counts(d256=9)}, "its ENCODING_HISTOGRAM gives no code"),
        ({"frequencies": counts(d255=5, d256=9, d1=-4)}, "its ENCODING_HISTOGRAM gives no code"),
        ({"image": [b"\x05\0"] * 40}, "the codes of line 1 run over at sample"),
        ({"image": [b"\x05"] * 40}, "the codes of line 1 run over at sample 2"),
        ({"image": [b""] * 40}, "record .* is cut off or empty"),
    ],
)
def test_damaged_files_are_refused(odd, words):
    odd = {k: np.asarray(v) if k != "image" else v for k, v in odd.items()}
    with pytest.raises(IoError, match=f"x.imq: .*{words}"):
        imq.parse(vidiconfiles.voyager(CORE, **odd), "x.imq")


def test_a_line_that_is_cut_short_is_named():
    rows = np.hstack([CORE, np.zeros((40, 36), np.uint8)])
    image, frequencies = vidiconfiles.coded(rows)
    image[17] = image[17][:-4]
    with pytest.raises(IoError, match="the codes of line 18 run over at sample"):
        imq.parse(vidiconfiles.voyager(CORE, image=image, frequencies=frequencies))


def test_codes_deeper_than_any_image_can_have():
    doubling = np.zeros(511, np.int64)
    doubling[:62] = 2 ** np.arange(62)
    with pytest.raises(IoError, match="its ENCODING_HISTOGRAM gives codes of 57 bits"):
        imq.decode([b"\0\0"], 2, doubling)


def test_a_file_cut_anywhere_is_refused():
    data = vidiconfiles.voyager(CORE)
    for size in [0, 1, 40, 400, 900, *range(1300, len(data) - 1, 211), len(data) - 2]:
        with pytest.raises(IoError):
            imq.parse(data[:size])


LINES = "LINES                           = 40"


@pytest.mark.parametrize(
    ("old", "new", "kind", "words"),
    [
        ("BITS                     = 8", "BITS = 16", Error, "SAMPLE_BITS = 16, expected 8"),
        ("HUFFMAN_FIRST_DIFFERENCE", "PREVIOUS", Error, "ENCODING_TYPE = PREVIOUS, expected"),
        (LINES, "LINES = 0", Error, "LINES = 0, LINE_SAMPLES = 50: no image is so large"),
        (LINES, "LINES = 41", IoError, "record 79 is cut off or empty, the image needs 79"),
        ("^ENCODING_HISTOGRAM", "^ENGINEERING", Error, "keyword ^ENCODING_HISTOGRAM is missing"),
        ("^IMAGE                           = 39", "^IMAGE = -3", Error, "^IMAGE = -3: expected a"),
    ],
)
def test_labels_that_do_not_fit(old, new, kind, words):
    data = vidiconfiles.voyager(CORE, [(old, new)])
    with pytest.raises(kind) as error:
        imq.parse(data, "x.imq")
    assert str(error.value).startswith("x.imq") and words in str(error.value)


def test_what_a_coded_image_begins_with():
    assert imq.is_one(vidiconfiles.voyager(CORE)[:64])
    assert imq.is_one(b"\x20\x00NJPL1I00PDS100000000 = SFDU_LABEL")
    for head in (b"", b"\x20", b"CCSD3ZF", b"\0\0CCSD3ZF", b"\x10\0LBLSIZE=800", b"\x10\x99CCSD"):
        assert not imq.is_one(head)
