"""Installation of cyclegan_neuro."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "cyclegan_neuro" / "__init__.py").read_text()).group(1)
REQUIREMENTS = [
    line.strip() for line in (HERE / "requirements.txt").read_text().splitlines() if line.strip() and line[0] != "#"
]

setup(
    name="cyclegan_neuro",
    version=VERSION,
    description="What changed in a population of neurons when the animal learned? CycleGANs for two-photon recordings.",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    packages=find_packages(include=["cyclegan_neuro", "cyclegan_neuro.*"]),
    package_data={
        "cyclegan_neuro.report": ["templates/*"],
        "cyclegan_neuro.spikes.inference": ["weights/*.h5"],
    },
    python_requires=">=3.10,<3.14",
    install_requires=REQUIREMENTS,
    extras_require={
        "gpu": ["tensorflow[and-cuda]>=2.21,<2.22"],
        "test": ["pytest>=8,<10", "pytest-xdist>=3.6,<4", "hypothesis>=6.100,<7", "ruff>=0.14,<1"],
    },
)
