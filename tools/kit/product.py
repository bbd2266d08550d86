"""The keywords of a simulated JunoCam product, as the mission's site gives those of a real one.

Names, units and formats are those of a site's -Metadata.json (data dictionary: JunoCam SIS 1.3,
2016); what a camera on a test bench cannot know is N/A.
"""

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
    "LINE_SAMPLES": SAMPLES,
    "LINE_SUFFIX_BYTES": 0,
    "PROCESSING_LEVEL_ID": 2,
    "PRODUCER_ID": "PERIJOVE",
    "PRODUCT_CREATION_TIME": "N/A",
    "PRODUCT_VERSION_ID": 1,
    "RATIONALE_DESC": "Simulation",
    "RECORD_BYTES": SAMPLES,
    "SAMPLE_BITS": 8,
    "SAMPLE_BIT_MASK": "2#11111111#",
    "SAMPLE_BIT_MODE_ID": "SQROOT",
    "SAMPLE_TYPE": "UNSIGNED_INTEGER",
    "SAMPLING_FACTOR": 1,
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


def keywords(start, frames, filters, interframe, tdi, orbit, number, distance):
    """Return the keywords of a product, in the order of their names; kernels are loaded.

    start       UTC as the label tells it, to 1 ms
    frames      number of them;  filters  names in the order of the product
    interframe  s;  tdi  stages;  orbit, number  of the product's name
    distance    Jupiter to Sun, km
    """
    et = sp.str2et(start)
    # Labels state where the spacecraft was when the image began, without light time.
    position = sp.spkpos("JUNO", et, "IAU_JUPITER", "NONE", "JUPITER")[0]
    flattening = 1 - RADII[2] / RADII[0]
    longitude, latitude, altitude = sp.recpgr("JUPITER", position, RADII[0], flattening)
    day = sp.et2utc(et, "ISOD", 0)
    initials = "".join(sorted(name[0] for name in filters))
    letter = initials if len(initials) == 1 else LETTERS.get(initials, "X")
    name = f"JNCE_{day[:4]}{day[5:8]}_{orbit:02d}{letter}{number:05d}_V01"
    lines = frames * len(filters) * LINES
    own = {
        "EXPOSURE_DURATION": f"{tdi * radiometry.STAGE:.6f} <ms>",
        "FILE_NAME": f"{name}-raw.png",
        "FILE_RECORDS": lines,
        "FILTER_NAME": list(filters),
        "IMAGE_TIME": start,
        "INTERFRAME_DELAY": f"{interframe:.3f} <s>",
        "JNO:TDI_STAGES_COUNT": tdi,
        "LINES": lines,
        "MISSION_PHASE_NAME": f"PERIJOVE {orbit}",
        "ORBIT_NUMBER": orbit,
        "PJ": str(orbit),
        "PRODUCT_ID": name,
        "SOLAR_DISTANCE": f"{distance:.4e} <km>",
        "SPACECRAFT_ALTITUDE": f"{altitude:.1f} <km>",
        "SPACECRAFT_CLOCK_START_COUNT": sp.sce2s(-61, et).partition("/")[2].lstrip("0"),
        "START_TIME": start,
        "STOP_TIME": sp.et2utc(et + frames * interframe, "ISOC", 3),
        "SUB_SPACECRAFT_LATITUDE": f"{np.degrees(latitude):.4f}",
        "SUB_SPACECRAFT_LONGITUDE": f"{np.degrees(longitude):.4f}",
    }
    return dict(sorted((FIXED | own).items()))


def png(strip):
    """The bytes of a PNG of a strip (lines, samples) uint8."""
    import cv2

    return cv2.imencode(".png", strip)[1].tobytes()
