"""A simulated JunoCam product: keywords and files as the mission's site and archive give them.

Names, units and formats are those of a site's -Metadata.json and of a PDS3 label (data
dictionary: JunoCam SIS 1.3, 2016); what a camera on a test bench cannot know is N/A.
"""

import hashlib
import io
import json
import re
import zipfile
from typing import NamedTuple

import numpy as np
import spiceypy as sp

from perijove.kit import radiometry
from perijove.kit.flyby import RADII

LINES, SAMPLES = 128, radiometry.SAMPLES  # of a framelet
LETTERS = {"BGR": "C", "BR": "T", "BGMR": "A"}  # SIS 1.3: F of a product's name; one filter: itself

FIXED = {
    "COMPRESSION_TYPE": "NONE",
    "DATA_SET_ID": "JUNO-J-JUNOCAM-2-EDR-L0-V1.0",
    "DESCRIPTION": "Simulated: no picture of Jupiter",
    "FOCAL_PLANE_TEMPERATURE": "273.0 <K>",
    "INSTRUMENT_HOST_NAME": "JUNO",
    "INSTRUMENT_ID": "JNC",
    "INSTRUMENT_NAME": "JUNO EPO CAMERA",
    "LINE_PREFIX_BYTES": 0,
    "LINE_SUFFIX_BYTES": 0,
    "PROCESSING_LEVEL_ID": 2,
    "PRODUCER_ID": "PERIJOVE",
    "PRODUCT_CREATION_TIME": "N/A",
    "PRODUCT_VERSION_ID": 1,
    "SAMPLE_BITS": 8,
    "SAMPLE_BIT_MASK": "2#11111111#",
    "SAMPLE_TYPE": "UNSIGNED_INTEGER",
    "SEQUENCE_ID": "sim",
    "SOFTWARE_NAME": "JUNOSIM",
    "SOURCE_PRODUCT_ID": "N/A",
    "SPACECRAFT_CLOCK_STOP_COUNT": "N/A",
    "SPACECRAFT_NAME": "JUNO",
    "STANDARD_DATA_PRODUCT_ID": "JUNOCAM-EDR",
    "TARGET_NAME": "JUPITER",
    "TITLE": "Simulated perijove",
    "TOKEN_ID": [],
}
REDUCED = {  # what differs in a reduced product; SAMPLE_BIT_MODE_ID stays, in real ones too
    "DATA_SET_ID": "JUNO-J-JUNOCAM-3-RDR-L1A-V1.0",
    "PROCESSING_LEVEL_ID": 3,
    "SAMPLE_BITS": 16,
    "SAMPLE_BIT_MASK": "2#1111111111111111#",
    "STANDARD_DATA_PRODUCT_ID": "JUNOCAM-RDR",
}
IMAGE = (  # keywords of the object IMAGE of a PDS label
    "LINES",
    "LINE_SAMPLES",
    "SAMPLE_TYPE",
    "LINE_PREFIX_BYTES",
    "LINE_SUFFIX_BYTES",
    "SAMPLE_BITS",
    "SAMPLE_BIT_MASK",
)
BARE = (
    re.compile(  # what stands in a PDS label without quotes: symbols, numbers, times, masks, lists
        r"[A-Z][A-Z0-9_]*\Z|-?[\d.]+(e[+-]\d+)?( <\w+>)?\Z|\d+-\d+-\d+T[\d:.]+\Z|2#1+#\Z|\("
    )
)
SITE = "DESCRIPTION", "PJ", "SEQUENCE_ID", "TITLE", "TOKEN_ID"  # no PDS label has these


class Form(NamedTuple):
    """What a product is like.

    summing  SAMPLING_FACTOR;  mode  SAMPLE_BIT_MODE_ID;  kind  of files: PNG, ZIP, EDR or RDR
    line     of the optical axis of METHANE that RATIONALE_DESC tells; None: it tells none
    """

    summing: int = 1
    mode: str = "SQROOT"
    kind: str = "PNG"
    line: float = None


def keywords(start, frames, filters, interframe, tdi, orbit, number, distance, form):
    """Return the keywords of a product, in the order of their names; kernels are loaded.

    start       UTC as the label tells it, to 1 ms
    frames      number of them;  filters  names in the order of the product
    interframe  s;  tdi  stages;  orbit, number  of the product's name
    distance    Jupiter to Sun, km
    form        Form
    """
    et = sp.str2et(start)
    # Labels state where the spacecraft was when the image began, without light time.
    position = sp.spkpos("JUNO", et, "IAU_JUPITER", "NONE", "JUPITER")[0]
    flattening = 1 - RADII[2] / RADII[0]
    longitude, latitude, altitude = sp.recpgr("JUPITER", position, RADII[0], flattening)
    day = sp.et2utc(et, "ISOD", 0)
    initials = "".join(sorted(name[0] for name in filters))
    letter = initials if len(initials) == 1 else LETTERS.get(initials, "X")
    kind = "JNCR" if form.kind == "RDR" else "JNCE"
    name = f"{kind}_{day[:4]}{day[5:8]}_{orbit:02d}{letter}{number:05d}_V01"
    line = f"; INS-61504_DISTORTION_Y = {form.line:g}" if form.line else ""
    lines, samples = frames * len(filters) * LINES // form.summing, SAMPLES // form.summing
    own = {
        "EXPOSURE_DURATION": f"{tdi * radiometry.STAGE:.6f} <ms>",
        "FILE_NAME": f"{name}.IMG" if form.kind in ("EDR", "RDR") else f"{name}-raw.png",
        "FILE_RECORDS": lines,
        "FILTER_NAME": list(filters),
        "IMAGE_TIME": start,
        "INTERFRAME_DELAY": f"{interframe:.3f} <s>",
        "JNO:TDI_STAGES_COUNT": tdi,
        "LINES": lines,
        "LINE_SAMPLES": samples,
        "MISSION_PHASE_NAME": f"PERIJOVE {orbit}",
        "ORBIT_NUMBER": orbit,
        "PJ": str(orbit),
        "PRODUCT_ID": name,
        "RATIONALE_DESC": f"Simulation{line}",
        "RECORD_BYTES": samples * (2 if form.kind == "RDR" else 1),
        "SAMPLE_BIT_MODE_ID": form.mode,
        "SAMPLING_FACTOR": form.summing,
        "SOLAR_DISTANCE": f"{distance:.4e} <km>",
        "SPACECRAFT_ALTITUDE": f"{altitude:.1f} <km>",
        "SPACECRAFT_CLOCK_START_COUNT": sp.sce2s(-61, et).partition("/")[2].lstrip("0"),
        "START_TIME": start,
        "STOP_TIME": sp.et2utc(et + frames * interframe, "ISOC", 3),
        "SUB_SPACECRAFT_LATITUDE": f"{np.degrees(latitude):.4f}",
        "SUB_SPACECRAFT_LONGITUDE": f"{np.degrees(longitude):.4f}",
    }
    return dict(sorted((FIXED | (REDUCED if form.kind == "RDR" else {}) | own).items()))


def companded(dn, mode, dn12):
    """The codes a camera sends for DN (integers) in a companding mode.

    A linear mode LINn drops the low bits, and what lies above its 8 bits too: it starts again
    from 0 (MSSS-JUNOCAM-DOC-0102, 3.3).  dn12  the table of mode SQROOT
    """
    n = radiometry.divisor(mode)
    if n is None:
        return radiometry.compand(dn, dn12)
    return (np.asarray(dn, int) // n % 256).astype(np.uint8)


def summed(dn, factor):
    """DN (lines, samples) where factor x factor pixels became one, their mean."""
    lines, samples = (size // factor for size in dn.shape)
    return dn.reshape(lines, factor, samples, factor).mean((1, 3))


def reduced(codes, dn12, dn_per_if):
    """Samples of a reduced product, I/F x 10000 (SIS 1.3, 4.3.1.3), of codes (..., bands, h, n).

    dn12  (256,) DN of the codes;  dn_per_if  (bands,) K, DN
    """
    scaled = np.asarray(dn12)[codes] * (1e4 / np.asarray(dn_per_if))[:, None, None]
    return np.rint(np.minimum(scaled, 65535)).astype(np.uint16)


def files(words, strip, kind, number):
    """The files of a product, {name: bytes}: strip (lines, samples) uint8, in an RDR uint16."""
    if kind in ("EDR", "RDR"):
        data = strip.astype(">u2" if kind == "RDR" else np.uint8).tobytes()
        return {words["FILE_NAME"]: data, f"{words['PRODUCT_ID']}.LBL": pds(words, data)}
    image, meta = png(strip), json.dumps(words, indent=2).encode() + b"\n"
    name = f"{number}-Metadata.json"
    if kind == "PNG":
        return {words["FILE_NAME"]: image, name: meta}
    return {
        f"{number}-ImageSet.zip": packed(f"ImageSet/{words['FILE_NAME']}", image),
        f"{number}-Data.zip": packed(f"DataSet/{name}", meta),
    }


def pds(words, data):
    """The bytes of a PDS3 label of an image whose bytes are data."""
    own = {k: v for k, v in words.items() if k not in (*SITE, *IMAGE)}
    head = {"PDS_VERSION_ID": "PDS3", "RECORD_TYPE": "FIXED_LENGTH"}
    head |= {k: own.pop(k) for k in ("RECORD_BYTES", "FILE_RECORDS")}
    image = {k: words[k] for k in IMAGE}
    image["MD5_CHECKSUM"] = hashlib.md5(data, usedforsecurity=False).hexdigest()
    lines = [_keyword(*item) for item in (head | {"^IMAGE": words["FILE_NAME"]} | own).items()]
    lines += ["OBJECT = IMAGE", *("  " + _keyword(*item) for item in image.items())]
    return "\r\n".join([*lines, "END_OBJECT = IMAGE", "END", ""]).encode()


def _keyword(key, value):
    if isinstance(value, list):
        value = "(" + ", ".join(f"'{v}'" for v in value) + ")"
    return f"{key} = {value}" if BARE.match(str(value)) else f'{key} = "{value}"'


def packed(name, data):
    """The bytes of a zip that holds one file; no clock, so that the same file gives the same."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def png(strip):
    """The bytes of a PNG of a strip (lines, samples) uint8."""
    import cv2

    return cv2.imencode(".png", strip)[1].tobytes()
