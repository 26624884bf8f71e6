"""What a system must offer; ``training``, ``report`` and ``cli`` know no more of it than this."""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclegan_neuro.configuration.fields import Section
from cyclegan_neuro.errors import ConfigurationError

if TYPE_CHECKING:
    import tensorflow as tf
    from matplotlib.figure import Figure

    from cyclegan_neuro.evaluation.samples.generated import GeneratedSamples
    from cyclegan_neuro.recordings.recording import Recording
    from cyclegan_neuro.systems.trainer import Trainer

__all__ = ["System", "get", "names"]


class System(ABC):
    """One published system. Instances hold no state; TensorFlow is imported inside methods.

    Attributes
    ----------
    name, title, citation : str
        Folder name, one line for lists, the paper.
    generates, translates : bool
        Whether it generates samples from noise, see :meth:`sample`; whether it translates days, see :meth:`translate`.
    Config : type
        The pydantic model of its configuration; has the shared sections ``data``,
        ``training``, ``evaluation``, ``report`` of :mod:`cyclegan_neuro.configuration.sections`.
    """

    name: str
    title: str
    citation: str
    generates: bool = False
    translates: bool = False
    Config: type[Section]

    @abstractmethod
    def prepare(self, config: Any, *, run_directory: Path | None = None) -> Any:
        """Read, check and prepare the data; raise ``UserError`` on what cannot be used.

        With a ``run_directory``, what was learned or decided on the way (ordering, scaling)
        is saved there and, if it is already there, read instead of learned again.
        The result has ``findings``, ``notes`` and ``inputs`` as
        :class:`cyclegan_neuro.windows.prepared.PreparedPair`.
        """

    @abstractmethod
    def build(self, config: Any, prepared: Any) -> Trainer:
        """Build and compile the trainer; call inside the distribution strategy's scope."""

    @abstractmethod
    def steps_per_epoch(self, config: Any, prepared: Any) -> int:
        """Return the number of ``train_step`` calls in an epoch."""

    @abstractmethod
    def training_stream(self, config: Any, prepared: Any, *, start_step: int) -> tf.data.Dataset:
        """Return batches from global step ``start_step`` on; depends only on (seed, step)."""

    @abstractmethod
    def validation_dataset(self, config: Any, prepared: Any) -> tf.data.Dataset:
        """Return the validation batches, always the same."""

    @abstractmethod
    def training_figures(self, config: Any, prepared: Any, trainer: Trainer) -> dict[str, Figure]:
        """Draw what TensorBoard shows every few epochs, by tag."""

    @abstractmethod
    def evaluate(self, config: Any, prepared: Any, trainer: Trainer, *, cache_directory: Path | None = None) -> Any:
        """Compute every number and figure of the report; see ``evaluation.contents.Evaluation``.

        What takes long may be kept in ``cache_directory`` for the next evaluation, under the hash of what it is
        computed from.
        """

    def translate(self, config: Any, prepared: Any, trainer: Trainer, recording: Recording, *, to: str) -> Recording:
        """Return a day of the animal as day ``to`` (``"x"`` or ``"y"``) would have it; only where ``translates``."""
        raise NotImplementedError

    def sample(self, config: Any, prepared: Any, trainer: Trainer, *, n_samples: int, seed: int) -> GeneratedSamples:
        """Generate ``n_samples`` from noise; only where ``generates``."""
        raise NotImplementedError


def names() -> list[str]:
    """Return the names of all systems (the folders of ``cyclegan_neuro/systems``)."""
    import cyclegan_neuro.systems as package

    return sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.ispkg)


def get(name: str) -> System:
    """Return the system called ``name``.

    Raises
    ------
    ConfigurationError
        If there is no such folder.
    """
    known = names()
    if name not in known:
        near = get_close_matches(name, known, n=1)
        raise ConfigurationError(
            "system",
            got=repr(name),
            expected=f"one of {', '.join(known)}",
            fix=f"did you mean '{near[0]}'?" if near else "choose one of these names",
        )
    return importlib.import_module(f"cyclegan_neuro.systems.{name}").SYSTEM
