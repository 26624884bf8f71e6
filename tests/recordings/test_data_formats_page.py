"""The page on data formats names what there is, and nothing else."""

import re
from pathlib import Path

from cyclegan_neuro.recordings.layout import FIELDS
from cyclegan_neuro.recordings.readers import names

PAGE = (Path(__file__).parents[2] / "docs" / "data_formats.md").read_text(encoding="utf-8")
PACKAGE = Path(__file__).parents[2] / "cyclegan_neuro" / "recordings"


def test_every_field_is_documented():
    assert all(f"`{name}`" in PAGE for name in FIELDS)


def test_every_format_has_a_place():
    words = {"hdf5": "HDF5", "mat": "## MATLAB", "npy": "`.npy`", "npz": "`.npz`", "nwb": "## NWB"}
    words |= {"suite2p": "## Suite2p", "caiman": "## CaImAn", "csv": "## Tables in text", "inscopix": "## Inscopix"}
    words |= {"minian": "## Minian", "excel": "### Excel"}
    words |= {"cnmfe": "## CNMF-E", "extract": "## EXTRACT"}
    assert {name for name in names() if words[name] not in PAGE} == set()


def test_every_finding_is_documented():
    sources = [*(PACKAGE / "checks").glob("*.py"), *(PACKAGE / "matching").glob("*.py"), PACKAGE / "pairing.py"]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    codes = set(re.findall(r'"(?:critical|warning|info)"(?: if \w+ else "\w+")?,\s+"(\w+)"', text))
    assert len(codes) == 40
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()
