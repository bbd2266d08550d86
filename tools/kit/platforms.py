"""Spacecraft and cameras as SPICE names them: bodies, frames, clocks, and where NAIF keeps them.

Codes of bodies, clocks and frames: NAIF's frame kernels juno_v12.tf, vg1_v02.tf, vg2_v02.tf and
vo1_v10.tf, vo2_v10.tf.  The attitude of a Voyager scan platform stands in C kernels as -31100
or, in those of QMW (vg1_sat_qmw_na.bc), as -31001 and -31002, that of the narrow and the
wide-angle camera itself.  Viking's C kernels are tagged by a made-up clock (vo1_fict.tsc); the
count in the label is that of another (vo1_fsc.tsc, code -27999).
"""

from dataclasses import dataclass

NAIF = "https://naif.jpl.nasa.gov/pub/naif"
ANY = {  # kind: (an example, where NAIF keeps it), for every spacecraft
    "LSK": ("naif0012.tls", "generic_kernels/lsk"),
    "PCK": ("pck00010.tpc", "generic_kernels/pck"),
}


@dataclass(frozen=True)
class Platform:
    """One camera on one spacecraft.

    craft      name of the body       frame  the camera's frame      code  NAIF's, of the camera
    bus        the frame on which the camera is mounted, and which a continuous CK holds
    pointings  (object of a CK, the frame whose attitude it holds) of a CK that holds single
               instances instead, one per image; the first that has one counts; () otherwise
    tolerance  ticks of the clock between the image and such an instance, at most
    clock      NAIF code of the clock that a CK is tagged by
    counter    of the clock whose count the label states
    places     {kind: (an example, where NAIF keeps it)}
    """

    craft: str
    frame: str
    code: int
    bus: str
    clock: int
    counter: int
    places: dict
    pointings: tuple = ()
    tolerance: float = 0.0

    @property
    def objects(self):
        """The objects whose attitude a CK may hold."""
        return tuple(code for code, _ in self.pointings) or (self.clock * 1000,)


JUNO = Platform(
    craft="JUNO",
    frame="JUNO_JUNOCAM",
    code=-61500,
    bus="JUNO_SPACECRAFT",
    clock=-61,
    counter=-61,
    places=ANY
    | {
        "SPK": ("spk_rec_*.bsp", "JUNO/kernels/spk"),
        "CK": ("juno_sc_rec_*.bc", "JUNO/kernels/ck"),
        "SCLK": ("JNO_SCLKSCET.*.tsc", "JUNO/kernels/sclk"),
        "FK": ("juno_v12.tf", "JUNO/kernels/fk"),
        "IK": ("juno_junocam_v03.ti", "JUNO/kernels/ik"),
    },
)


def _voyager(number, inst):
    craft, short = -30 - number, f"vg{number}"
    base, other = craft * 1000, {"NA": "WA", "WA": "NA"}[inst]
    camera = {"NA": 1, "WA": 2}
    bus = f"VG{number}_SCAN_PLATFORM"
    return Platform(
        craft=f"VOYAGER {number}",
        frame=f"VG{number}_ISS{inst}",
        code=base - 100 - camera[inst],
        bus=bus,
        clock=craft,
        counter=craft,
        pointings=(
            (base - camera[inst], f"VG{number}_ISS{inst}"),
            (base - 100, bus),
            (base - camera[other], f"VG{number}_ISS{other}"),
        ),
        tolerance=2000.0,  # 2 minutes: ISIS's CK_TIME_TOLERANCE, voyagerAddendum004.ti
        places=ANY
        | {
            "SPK": (f"vgr{number}_*.bsp", "VOYAGER/kernels/spk"),
            "CK": (f"{short}_*_qmw_{inst.lower()}.bc", "VOYAGER/kernels/ck"),
            "SCLK": (f"{short}000*.tsc", "VOYAGER/kernels/sclk"),
            "FK": (f"{short}_v02.tf", "VOYAGER/kernels/fk"),
        },
    )


def _viking(number, inst):
    craft = {1: -27, 2: -30}[number]
    bus = f"VO{number}_PLATFORM"
    return Platform(
        craft=f"VIKING {number} ORBITER",
        frame=f"VO{number}_{inst}",
        code=craft * 1000 - {"VISA": 1, "VISB": 2}[inst],
        bus=bus,
        clock=craft,
        counter=craft * 1000 - 999,
        pointings=((craft * 1000, bus),),
        tolerance=2000.0,  # 2 s, as wide as the instances of vo1_sedr_ck2.bc themselves
        places=ANY
        | {
            "SPK": (f"vo{number}_*.bsp", "VIKING/kernels/spk"),
            "CK": (f"vo{number}_sedr_ck2.bc", "VIKING/kernels/ck"),
            "SCLK": (f"vo{number}_fict.tsc and vo{number}_fsc.tsc", "VIKING/kernels/sclk"),
            "FK": (f"vo{number}_v10.tf", "VIKING/kernels/fk"),
        },
    )


def of(spacecraft, instrument):
    """The Platform of a vidicon camera by the names that `vidiconlabel.identity` returns."""
    number = int(spacecraft[-1])
    return (_voyager if spacecraft.startswith("VOYAGER") else _viking)(number, instrument)
