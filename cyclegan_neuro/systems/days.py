"""What every system that translates between two days shares: its data, its batches, its evaluation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import starmap
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from cyclegan_neuro.systems.base import System

if TYPE_CHECKING:
    from cyclegan_neuro.evaluation.days.interpretation.measure import Views
    from cyclegan_neuro.evaluation.methods import Paragraph

__all__ = ["DaysSystem"]

_FEW_NEURONS = 256
_TRACED: WeakKeyDictionary[Any, _Traced] = WeakKeyDictionary()


class DaysSystem(System):
    """A system whose trainer has ``generator_g``: x → y and ``generator_f``: y → x.

    To be written: the class attributes of :class:`System`, :meth:`build` and :meth:`training_paragraph`. ``Config`` has
    the sections of :class:`cyclegan_neuro.evaluation.days.sections.DaysConfig`. Generators take scaled, ordered windows
    (batch, time, neuron, 1) to the same shape; batches are pairs ``(x, y)`` of them, shuffled apart. ``label`` is what
    sentences and tables of the report call it.
    """

    label = "model"
    sections = System.sections | {"windows", "ordering"}

    @abstractmethod
    def training_paragraph(self, config: Any, prepared: Any, *, updates: int) -> Paragraph:
        """Return what the methods section tells of training; ``updates`` are those behind the weights."""

    def begins_as(self, prepared: Any) -> str | None:
        """Return the alignment that generators are before training, as metrics.json calls it; None for none."""
        return None

    def condition(self, config: Any) -> Sequence[str]:
        """Return the behaviour that networks see in training; by default none."""
        return ()

    def views(self, config: Any, prepared: Any, trainer: Any) -> Views | None:
        """Return what gives the networks to explain; by default none is.

        The report describes networks that are called and built as those of the CycleGAN: D_X and D_Y with patch scores
        and down-sampling blocks, G and F with residual blocks.
        """
        return None

    def windows_per_step(self, config: Any) -> int:
        """Return the windows of each day that one ``train_step`` consumes."""
        return config.training.batch_size

    def prepare(self, config, *, run_directory=None):
        from cyclegan_neuro.interpret.coordinates import position_coordinate
        from cyclegan_neuro.windows.days import prepare_days

        prepared = prepare_days(
            config.data, config.windows, config.ordering, seed=config.training.seed, run_directory=run_directory
        )
        x, y = prepared.x.recording, prepared.y.recording
        position_coordinate(x, y, bin_cm=config.evaluation.position_bin_cm)  # refuses what would fail after training
        return prepared

    def steps_per_epoch(self, config, prepared):
        from cyclegan_neuro.windows.pipeline import steps_per_epoch

        return steps_per_epoch(prepared, self.windows_per_step(config))

    def training_stream(self, config, prepared, *, start_step):
        from cyclegan_neuro.windows.pipeline import training_stream

        return training_stream(
            prepared,
            batch_size=self.windows_per_step(config),
            n_steps_per_epoch=self.steps_per_epoch(config, prepared),
            seed=config.training.seed,
            start_step=start_step,
        )

    def validation_dataset(self, config, prepared):
        from cyclegan_neuro.windows.pipeline import batches

        return batches(prepared, which="validation", batch_size=config.training.batch_size)

    def translate(self, config, prepared, trainer, recording, *, to, sample=(0, 0)):
        from cyclegan_neuro.evaluation.days.translation import ModelTranslator
        from cyclegan_neuro.evaluation.days.whole_days import translate_recording

        model = ModelTranslator(_traced(trainer.generator_g), _traced(trainer.generator_f), prepared, sample=sample)
        size = config.evaluation.batch_size
        return translate_recording(model, prepared, recording, to=to, by=self.name, batch_size=size)

    def cost(self, config, prepared, trainer, *, kept=None):
        from cyclegan_neuro.evaluation.days.cost import cost_of

        networks = [layer for layer in trainer.layers if hasattr(layer, "layers")]
        return cost_of(config, prepared, networks=networks, kept=kept)

    def evaluate(self, config, prepared, trainer, *, cache_directory=None, others: Iterable[tuple] = ()):
        """As every system's; ``others`` are name, configuration, data and trainer of runs to compare with."""
        from threadpoolctl import threadpool_limits

        from cyclegan_neuro.evaluation.days.evaluation import evaluate_days
        from cyclegan_neuro.evaluation.days.identifiability.agreement import OtherRun
        from cyclegan_neuro.evaluation.days.translation import ModelTranslator

        def translator(trainer, prepared):
            return ModelTranslator(_traced(trainer.generator_g), _traced(trainer.generator_f), prepared, self.label)

        def described(name, config, prepared, trainer):
            permutation = config.data.permuted_share, config.data.permuted_seed
            return OtherRun(name, translator(trainer, prepared), permutation)

        model = translator(trainer, prepared)
        # threads that share a small product wait for each other, and beside other work for long
        one_thread = 1 if prepared.n_neurons <= _FEW_NEURONS else None
        with trainer.average_weights(), threadpool_limits(one_thread):
            return evaluate_days(
                config,
                prepared,
                model,
                training=self.training_paragraph(config, prepared, updates=int(trainer.optimizer.iterations)),
                views=self.views(config, prepared, trainer),
                cache_directory=cache_directory,
                condition=self.condition(config),
                begins_as=self.begins_as(prepared),
                others=starmap(described, others) if others else (),
                draw=(lambda number: replace(model, sample=(0, number))) if self.draws(config) else None,
            )


class _Traced:
    """A network of Keras whose calls are one graph each: operation by operation they take three times as long."""

    def __init__(self, network: Any):
        import tensorflow as tf

        self.inputs, known = network.inputs, ref(network)  # which goes when nobody else holds it
        self._call = tf.function(
            lambda given, training: known()(given, training=training), reduce_retracing=True, autograph=False
        )

    def __call__(self, given: Any, *, training: bool) -> Any:
        return self._call(given, training)


def _traced(generator: Any) -> Any:
    """Return what calls a network by graphs, which are kept as long as it is; anything else as it is."""
    if not getattr(generator, "inputs", None):
        return generator
    if generator not in _TRACED:
        _TRACED[generator] = _Traced(generator)
    return _TRACED[generator]
