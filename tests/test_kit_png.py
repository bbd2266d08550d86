"""kit/png: what is not whole is refused."""

import struct
import zlib

import numpy as np
import pytest

from perijove.kit import png
from perijove.kit.error import Error, IoError


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def encode(image, colour=0, depth=8, rows=None):
    """A PNG made by hand: filter 0, one IDAT; rows overrules how many lines are packed."""
    image = np.asarray(image)
    lines, samples = image.shape[:2]
    packed = b"".join(b"\0" + line.tobytes() for line in image[:rows])
    head = struct.pack(">IIBBBBB", samples, lines, depth, colour, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(packed)) + chunk(b"IEND", b"")
    return png.SIGNATURE + chunk(b"IHDR", head) + body


IMAGE = np.arange(12, dtype=np.uint8).reshape(3, 4)


def test_a_whole_image_comes_back_as_it_went_in():
    raw = encode(IMAGE)
    assert png.check(raw, "a") == (3, 4)
    assert np.array_equal(png.grey(raw, "a"), IMAGE)


def test_equal_channels_are_one_and_unequal_ones_are_refused():
    rgb = np.repeat(IMAGE[..., None], 3, axis=2)
    assert np.array_equal(png.grey(encode(rgb, colour=2), "a"), IMAGE)
    rgb[0, 0, 1] += 1
    with pytest.raises(Error, match="the channels differ"):
        png.grey(encode(rgb, colour=2), "a")
    alpha = np.concatenate([rgb[..., :1].repeat(3, axis=2), rgb[..., :1]], axis=2)
    with pytest.raises(Error, match="transparent"):
        png.grey(encode(alpha, colour=6), "a")


def test_a_palette_of_greys_and_a_gamma_leave_the_codes_as_they_are():
    greys = b"".join(bytes([255 - i] * 3) for i in range(256))
    more = chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"PLTE", greys)
    raw = encode(IMAGE, colour=3)
    assert np.array_equal(png.grey(raw[:33] + more + raw[33:], "a"), 255 - IMAGE)


def test_a_picture_too_large_to_be_one_is_not_unpacked():
    head = struct.pack(">IIBBBBB", 1 << 16, 1 << 16, 8, 0, 0, 0, 0)
    raw = encode(IMAGE)
    with pytest.raises(IoError, match="a: the PNG claims 65536 lines of 65536: damaged"):
        png.check(raw[:8] + chunk(b"IHDR", head) + raw[33:], "a")


def test_sixteen_bits_are_refused():
    with pytest.raises(Error, match="16 bits per sample, expected 8"):
        png.grey(encode(IMAGE.astype(">u2"), depth=16), "a")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no PNG"),
        (b"GIF89a", "no PNG"),
        (encode(IMAGE)[:40], "cut off after 40 bytes"),
        (encode(IMAGE)[:-1], "cut off"),
        (encode(IMAGE)[:-12], "cut off"),
        (encode(IMAGE) + b"\0", "1 bytes of garbage follow"),
        (encode(IMAGE, rows=2), "10 bytes of image data, expected 15"),
        (png.SIGNATURE + chunk(b"IEND", b""), "no valid header"),
    ],
)
def test_a_damaged_file_is_an_io_error(raw, words):
    with pytest.raises(IoError, match=words):
        png.check(raw, "a")


def test_one_flipped_bit_anywhere_is_noticed():
    raw = encode(IMAGE)
    for at in range(len(raw)):
        broken = bytearray(raw)
        broken[at] ^= 4
        with pytest.raises(IoError):
            png.check(bytes(broken), "a")
