"""The base of all trainers: what the training loop needs to know beyond ``keras.Model``."""

from __future__ import annotations

import keras

__all__ = ["Trainer"]


class Trainer(keras.Model):
    """A ``keras.Model`` with a custom ``train_step`` and more than one optimizer.

    Attributes
    ----------
    monitor : str
        Validation log whose minimum defines checkpoint ``best``, for example ``"val_cycle_identity"``.
    progress_keys : tuple of str
        Logs shown on the progress line.
    """

    monitor: str = "val_loss"
    progress_keys: tuple[str, ...] = ()

    @property
    def named_optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """All optimizers by name, built (their slots exist)."""
        raise NotImplementedError

    def use_average_weights(self) -> None:
        """Put averaged weights in place of the trained ones, if the system keeps an average."""
