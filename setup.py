"""Installation of cyclegan_neuro: pyproject.toml, and the configurations, which lie beside the package."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithConfigurations(build_py):
    """Copy ``configs/`` into the package, so that an installed one has a quickstart."""

    def run(self):
        super().run()
        if not self.editable_mode:
            self.copy_tree("configs", str(Path(self.build_lib) / "cyclegan_neuro" / "configs"))


setup(cmdclass={"build_py": BuildWithConfigurations})
