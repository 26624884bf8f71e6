"""What a system must offer; ``training``, ``report`` and ``cli`` know no more of it than this."""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING, Any

from cyclegan_neuro.configuration.fields import Section, choices
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.evaluation.cost import Cost

if TYPE_CHECKING:
    import tensorflow as tf
    from matplotlib.figure import Figure

    from cyclegan_neuro.evaluation.samples.generated import GeneratedSamples
    from cyclegan_neuro.recordings.recording import Recording
    from cyclegan_neuro.systems.trainer import Trainer

__all__ = ["System", "comes_with_the_package", "get", "names"]


class System(ABC):
    """One published system: what a folder of ``cyclegan_neuro/systems`` offers as ``SYSTEM`` in its ``__init__``.

    A package of your own offers it as an entry point, see ``docs/adding_a_system.md``.

    To be written: the four class attributes, :meth:`prepare`, :meth:`build`, :meth:`steps_per_epoch`,
    :meth:`training_stream`, :meth:`validation_dataset` and :meth:`evaluate`. The others have defaults. Instances hold
    no state, and TensorFlow is imported inside methods, so that ``--help`` and checks do not wait for it.

    Attributes
    ----------
    name, title, citation : str
        Folder name, one line for lists, the paper.
    Config : type
        The pydantic model of its configuration: a field ``system`` with its name, and the sections ``data``,
        ``training``, ``evaluation`` and ``report``, those of :mod:`cyclegan_neuro.configuration.sections` or derived
        from them.
    sections : frozenset of str
        Fields that ``Config`` must have.
    divides_batches : bool
        Whether several devices may take rows of a batch each. They may where the losses of ``train_step`` are means
        over windows, and not where it updates inside a loop of TensorFlow.
    """

    name: str
    title: str
    citation: str
    Config: type[Section]
    divides_batches: bool = True
    sections: frozenset[str] = frozenset({"system", "data", "training", "evaluation", "report"})

    @abstractmethod
    def prepare(self, config: Any, *, run_directory: Path | None = None) -> Any:
        """Read, check and prepare the data; raise ``UserError`` on what cannot be used.

        With a ``run_directory``, what was learned or decided on the way (ordering, scaling)
        is saved there and, if it is already there, read instead of learned again.

        Returns
        -------
        object
            Of any type, with ``inputs``, a dictionary ready for JSON that says what went in (``inputs.json``; a run is
            resumed and evaluated only where it is equal), and ``findings``, a sequence of
            :class:`cyclegan_neuro.recordings.findings.Finding` whose warnings are logged.
        """

    @abstractmethod
    def build(self, config: Any, prepared: Any) -> Trainer:
        """Build and compile the trainer; called inside the distribution strategy's scope, with the precision set.

        Every random number comes from ``config.training.seed``: seeded initialisers, and seed generators that are
        attributes of trainer or layers, so that a checkpoint holds them.
        """

    @abstractmethod
    def steps_per_epoch(self, config: Any, prepared: Any) -> int:
        """Return the number of ``train_step`` calls in an epoch."""

    @abstractmethod
    def training_stream(self, config: Any, prepared: Any, *, start_step: int) -> tf.data.Dataset:
        """Return endless batches from global step ``start_step`` on, as ``train_step`` takes them.

        They depend on (seed, step) alone; :func:`cyclegan_neuro.windows.streams.shuffled_starts` makes such an order.
        """

    @abstractmethod
    def validation_dataset(self, config: Any, prepared: Any) -> tf.data.Dataset:
        """Return the validation batches, always the same, as ``test_step`` takes them."""

    @abstractmethod
    def evaluate(self, config: Any, prepared: Any, trainer: Trainer, *, cache_directory: Path | None = None) -> Any:
        """Compute every number and figure of the report; return an ``evaluation.contents.Evaluation``.

        What takes long may be kept in ``cache_directory`` for the next evaluation, under the hash of what it is
        computed from.
        """

    def cost(self, config: Any, prepared: Any, trainer: Trainer, *, kept: Path | None = None) -> Cost:
        """Estimate what :meth:`evaluate` takes, with a cache that was ``kept``; by default minutes and a report."""
        return Cost()

    def training_figures(self, config: Any, prepared: Any, trainer: Trainer) -> dict[str, Figure]:
        """Draw what TensorBoard shows every few epochs, by tag; by default nothing."""
        return {}

    def translate(
        self, config: Any, prepared: Any, trainer: Trainer, recording: Recording, *, to: str,
        sample: tuple[int, int] = (0, 0),
    ) -> Recording:  # fmt: skip
        """Return a day of the animal as day ``to`` (``"x"`` or ``"y"``) would have it; only where ``translates``.

        ``sample`` is seed and number of the noise, of systems that draw translations.
        """
        raise NotImplementedError

    def learned_with(self, config: Any) -> tuple[str, ...]:
        """Return settings of section ``evaluation`` that networks were trained with; none by default."""
        return ()

    def draws(self, config: Any) -> bool:
        """Say whether it draws translations, so that a day has many; by default it does not."""
        return False

    def sample(self, config: Any, prepared: Any, trainer: Trainer, *, n_samples: int, seed: int) -> GeneratedSamples:
        """Generate ``n_samples`` from noise; only where ``generates``."""
        raise NotImplementedError

    @property
    def translates(self) -> bool:
        """Whether it translates days: whether it has a :meth:`translate` of its own."""
        return type(self).translate is not System.translate

    @property
    def generates(self) -> bool:
        """Whether it generates samples from noise: whether it has a :meth:`sample` of its own."""
        return type(self).sample is not System.sample


def names() -> list[str]:
    """Return the names of all systems: folders of ``cyclegan_neuro/systems``, and those that other packages offer."""
    return sorted({*_own(), *(point.name for point in _installed())})


def comes_with_the_package(name: str) -> bool:
    """Whether a system is a folder of ``cyclegan_neuro/systems``."""
    return name in _own()


def get(name: str) -> System:
    """Return the system called ``name``.

    Raises
    ------
    ConfigurationError
        If there is none, several packages offer it, or what a package offers is no system.
    """
    own, offered = comes_with_the_package(name), [point for point in _installed() if point.name == name]
    if own + len(offered) > 1:
        packages = [*(["cyclegan_neuro"] if own else []), *map(_package, offered)]
        raise ConfigurationError(
            f"system '{name}'",
            got=f"{len(packages)} packages that offer it: {', '.join(packages)}",
            expected="one",
            fix=f"uninstall {_package(offered[-1])}, or rename its system and entry point",
        )
    if own:
        return importlib.import_module(f"cyclegan_neuro.systems.{name}").SYSTEM
    if offered:
        return _checked(offered[0])
    near = get_close_matches(name, names(), n=1)
    raise ConfigurationError(
        "system",
        got=repr(name),
        expected=f"one of {', '.join(names())}",
        fix=(f"did you mean '{near[0]}'? Else" if near else "choose one of these names, or")
        + " install the package that offers it",
    )


def _own() -> list[str]:
    import cyclegan_neuro.systems as package

    return [module.name for module in pkgutil.iter_modules(package.__path__) if module.ispkg]


def _installed() -> list[EntryPoint]:
    """The ``SYSTEM`` of each package that names one under ``[project.entry-points."cyclegan_neuro.systems"]``."""
    return list(entry_points(group="cyclegan_neuro.systems"))


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.module


def _checked(point: EntryPoint) -> System:
    """Load what a package offers; refuse here what would fail in a list or after a training."""

    def refuse(got: str, expected: str) -> ConfigurationError:
        return ConfigurationError(
            f"system '{point.name}', entry point {point.value}",
            got=" ".join(got.split()),
            expected=expected,
            fix=f"mend, reinstall or uninstall the package {_package(point)}",
        )

    whole = "a `System` with name, title, citation, Config"
    try:
        system = point.load()
    except Exception as error:  # whatever a stranger's package does when it is imported
        raise refuse(f"{type(error).__name__} ({error})", whole) from error
    if not isinstance(system, System):
        raise refuse(short(system), whole)
    lacks = [key for key in ("name", "title", "citation") if not isinstance(getattr(system, key, None), str)]
    config: Any = getattr(system, "Config", None)
    if not (isinstance(config, type) and issubclass(config, Section)):
        lacks.append("Config")
    if lacks:
        raise refuse(f"one without {', '.join(lacks)}", whole)
    if system.name != point.name:
        raise refuse(f"a system called '{system.name}'", f"the name of the entry point, '{point.name}'")
    if missing := sorted(system.sections - config.model_fields.keys()):
        raise refuse(f"a Config without {', '.join(missing)}", f"the fields {', '.join(sorted(system.sections))}")
    if point.name not in choices(config.model_fields["system"]):
        raise refuse("another `system` in its Config", f"system: Literal['{point.name}']")
    return system
