# make demo   sets up, simulates a perijove and makes its picture and its map
# make test   sets up and runs the tests
# make check  lints;  make bench  measures;  make docs  writes the tools' pages;  make gdal  builds osgeo
#
# From a raw product to a picture and a map, one step a file:
#   make x.png            from x-raw.png and its Metadata.json
#   make x.map.cub MAPPROJ="RESOLUTION=10" SPICEINIT="KERNELS=kernels ATTITUDE=SPIN"
# in the data's own folder: make -f …/perijove/Makefile x.map.png
# From a frame of Voyager, x.img, .imq, .vic or .raw, the same: make x.map.cub; of Viking with IMPORT=vik2cub
# From every raw image below a folder, solved together, to pictures and maps in the folder OUT:
#   make frames DATA=folder KERNELS=folder
# and further to one map of the images in colour, OUT/mosaic.cub and mosaic.png:
#   make mosaic DATA=folder KERNELS=folder MOSAIC="RECIPE=PAPER"

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.PHONY: demo test check bench docs gdal clean frames mosaic pictures

ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
PYTHON ?= python3
VENV ?= $(ROOT)/.venv
comma := ,
READY := $(VENV)/.ready$(if $(EXTRAS),-$(subst $(comma),-,$(EXTRAS)))
export PATH := $(abspath $(VENV))/bin:$(PATH)
unexport PROJ_DATA PROJ_LIB GDAL_DATA

$(READY): $(ROOT)/setup.cfg $(ROOT)/pyproject.toml
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e "$(ROOT)[test$(if $(EXTRAS),$(comma)$(EXTRAS))]"
	touch $@

# ------------------------------------------------------------------- the project
DEMO ?= SEED=1
DEMOMAP ?= RESOLUTION=10

demo: demo/picture.png demo/map.cub demo/map.png
	@truth=$$(getkey FROM=demo/sim/truth.pvl KEYWORD=TimeOffset); \
	found=$$(getkey FROM=demo/geo.cub GROUP=LimbFit KEYWORD=TimeOffset); \
	printf 'jitter put in %.2f ms, found %.2f ms; look at demo/picture.png and demo/map.png\n' $$truth $$found

demo/sim/truth.pvl: | $(READY)
	mkdir -p demo
	junosim TO=demo/sim $(DEMO)

demo/geo.cub: demo/sim/truth.pvl | $(READY)
	junocam2cub FROM=$$(echo demo/sim/*-raw.png) | decompand | junocal \
	    | spiceinit KERNELS=demo/sim/kernels | jitter TO="$@"

demo/picture.png: demo/geo.cub
	midplane FROM="$<" | cub2std TO="$@"

demo/map.cub: demo/geo.cub
	mapproj FROM="$<" TO="$@" $(DEMOMAP)

demo/map.png: demo/map.cub
	flatten FROM="$<" | cub2std TO="$@"

test: $(READY)
	$(VENV)/bin/python -m pytest -q -rs $(PYTEST)

check: $(READY)
	$(VENV)/bin/ruff check $(ROOT)
	$(VENV)/bin/ruff format --check $(ROOT)

bench: $(READY)
	$(VENV)/bin/python bench/run.py

docs: $(READY)
	$(VENV)/bin/python docs/pages.py

# pip alone fails or builds bindings without gdal_array: numpy must be there, and the versions equal
gdal: $(READY)
	$(VENV)/bin/pip install --quiet "setuptools<74" wheel numpy
	$(VENV)/bin/pip install --quiet --no-build-isolation --no-cache-dir "gdal==$$(gdal-config --version)"
	$(VENV)/bin/python -c "from osgeo import gdal, gdal_array; print('osgeo', gdal.__version__)"

clean:
	rm -rf demo build *.egg-info

# ------------------------------------------------------------------- one vidicon frame
# Before the rules of JunoCam, which would take x.cub for a strip: these hold where the frame itself is there
IMPORT ?= voy2cub

define VIDICON
%.cub: %.$(1) | $$(READY)
	$$(IMPORT) FROM="$$<" TO="$$@" $$(VOY2CUB)

%.cal.cub: %.cub %.$(1) | $$(READY)
	remrx FROM="$$<" $$(REMRX) | spiceinit ATTITUDE=NONE $$(SPICEINIT) | voycal TO="$$@" $$(VOYCAL)

%.geo.cub: %.cal.cub %.$(1) | $$(READY)
	geoma FROM="$$<" $$(GEOMA) | spiceinit $$(SPICEINIT) | jitter TO="$$@" $$(JITTER)
endef
$(foreach suffix,img IMG imq IMQ vic raw,$(eval $(call VIDICON,$(suffix))))

# ------------------------------------------------------------------- one image
# A variable named like the tool, in capitals, holds its keywords: make x.png CUB2STD="GAMMA=1.5"
SPICEINIT ?= KERNELS=kernels

%.cub: %-raw.png | $(READY)
	junocam2cub FROM="$<" TO="$@" $(JUNOCAM2CUB)

%.lin.cub: %.cub | $(READY)
	decompand FROM="$<" TO="$@" $(DECOMPAND)

%.cal.cub: %.lin.cub | $(READY)
	junocal FROM="$<" TO="$@" $(JUNOCAL)

%.spice.cub: %.cal.cub | $(READY)
	spiceinit FROM="$<" TO="$@" $(SPICEINIT)

# FIT=fit.sav: solved together with the others of the folder, else each on its own
%.geo.cub: %.spice.cub $(FIT) | $(READY)
	jitter FROM="$<" TO="$@" $(if $(FIT),FIT=$(FIT)) $(JITTER)

%.map.cub: %.geo.cub | $(READY)
	mapproj FROM="$<" TO="$@" $(MAPPROJ)

%.phot.cub: %.map.cub | $(READY)
	photom FROM="$<" TO="$@" $(PHOTOM)

%.map.png: %.map.cub | $(READY)
	flatten FROM="$<" $(FLATTEN) | cub2std TO="$@" $(CUB2STD)

%.png: %.geo.cub | $(READY)
	midplane FROM="$<" $(MIDPLANE) | cub2std TO="$@" $(CUB2STD)

# ------------------------------------------------------------------- all images of a folder
RAW := $(wildcard *-raw.png)
OUT ?= frames
KERNELS ?= kernels
ATTITUDE ?= SPIN
JOINT ?= TIES=YES
FRAMES = JUNOCAL="$(or $(JUNOCAL),HOTPIXELS=REPLACE)" MAPPROJ="$(or $(MAPPROJ),RESOLUTION=10)" \
    SPICEINIT="KERNELS=$(abspath $(KERNELS)) ATTITUDE=$(ATTITUDE) TIMEOFFSET=LABEL" \
    PHOTOM="$(or $(PHOTOM),MODEL=MINNAERT K=0.95)" MOSAIC="$(or $(MOSAIC),RECIPE=PAPER PRIORITY=AVERAGE)"

mosaic: GOAL := mosaic.png

frames mosaic: $(READY)
	@test -d "$(DATA)" || { echo "make $@: DATA = '$(DATA)': expected the folder of the raw images" >&2; exit 2; }
	mkdir -p "$(OUT)"
	find -L "$(abspath $(DATA))" -name '*-raw.png' -o -name '*-Metadata.json' \
	    | while read -r path; do ln -sf "$$path" "$(OUT)/"; done
	$(MAKE) -C "$(OUT)" -f $(ROOT)/Makefile VENV=$(abspath $(VENV)) FIT=fit.sav $(FRAMES) pictures $(GOAL)

pictures: $(RAW:-raw.png=.png) $(RAW:-raw.png=.map.png)

fit.sav: $(RAW:-raw.png=.spice.cub)
	printf '%s\n' $^ > fit.lst
	jitter FROMLIST=fit.lst TO="$@" $(JOINT)

# The images of one filter, METHANE, are no colours: C in the product id says which have them
maps.lst: $(patsubst %-raw.png,%.phot.cub,$(foreach raw,$(RAW),$(if $(findstring C,$(word 3,$(subst _, ,$(raw)))),$(raw))))
	printf '%s\n' $^ > $@

mosaic.cub: maps.lst
	mosaic FROMLIST="$<" TO="$@" $(MOSAIC)

mosaic.png: mosaic.cub
	cub2std FROM="$<" TO="$@" $(CUB2STD)
