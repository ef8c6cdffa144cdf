"""The one `compute_loss` and `evaluate` of all systems."""

import keras
from keras import ops

from kerasdc.models.bases.replicas import share_of_replica
from kerasdc.targets import ShuffledBatches
from kerasdc.utils.refusals import reject_labels


class Evaluation:
    """A mixin of `EncoderModel`: its loss, by the terms of a system.

    A system implements `loss_terms`, and lists in `terms` what it reports.
    """

    terms = ()  # names of what stands in `History` beside the loss

    def loss_terms(self, x, y, y_pred, training):
        """The terms of the loss, as in the paper.

        Args:
            x: Tensor of raw inputs.
            y: Tensor of targets, or `None`.
            y_pred: What `call` returned for `x`.
            training: Boolean.

        Returns:
            Dictionary from names to tensors, scalar or `(batch,)`. The loss
            is the sum of their means. Those in `terms` are reported in
            `History`; a single one is the loss itself.
        """
        raise NotImplementedError

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """The sum of `loss_terms` and of the losses of layers.

        The latter are those of regularizers and of `add_loss`.

        Args:
            x: Tensor of raw inputs.
            y: Tensor of targets, or `None`.
            y_pred: What `call` returned for `x`.
            sample_weight: Not used.
            training: Boolean.

        Returns:
            Scalar tensor.
        """
        # Now: further passes through the layers would add to them.
        of_layers = [ops.sum(ops.cast(each, "float32")) for each in self.losses]
        terms = self.loss_terms(x, y, y_pred, training)
        terms = {name: ops.mean(term) for name, term in terms.items()}
        self.report(x, **{k: v for k, v in terms.items() if k in self.terms})
        return share_of_replica(sum([*terms.values(), *of_layers]))

    def add_terms(self):
        """Makes the metrics behind `report`; called in `__init__`."""
        self._terms = {
            name: keras.metrics.Mean(name=name) for name in self.terms
        }

    def report(self, batch, **values):
        """Puts means over the epoch into `History`.

        Args:
            batch: Tensor of the batch, whose length is the weight.
            **values: Scalar tensors, by names that are among `terms`.
        """
        batch_size = ops.shape(batch)[0]
        for name, value in values.items():
            self._terms[name].update_state(value, batch_size)

    # === evaluate ===

    def evaluate(
        self, x=None, y=None, batch_size=None, verbose="auto", **kwargs
    ):
        """The loss on `x`.

        Args:
            x: Samples, as in `fit`.
            y: Must be `None`.
            batch_size: Integer, as in `fit`, whose default `None` is.
            verbose: As in `keras.Model.evaluate`.
            **kwargs: Further arguments of `keras.Model.evaluate`.

        Returns:
            As `keras.Model.evaluate`.

        Raises:
            ValueError: If the model is not compiled or not ready, if labels
                are passed, or `x` or `batch_size` is not usable.
        """
        if not isinstance(x, ShuffledBatches):  # as Keras' `fit` passes
            self._check_compiled("evaluate")
            self._check_ready()
            batch_size = self._checked_batch_size(batch_size)
            reject_labels(y)
            x = self.scored_batches(self._scorable(x), batch_size)
        return super().evaluate(x, verbose=verbose, **kwargs)

    def scored_batches(self, x, batch_size):
        """The batches that `evaluate` and validation take the loss of.

        Args:
            x: Array of samples, as the model takes them.
            batch_size: Integer.

        Returns:
            `kerasdc.targets.ShuffledBatches`, in a fixed order.
        """
        return ShuffledBatches(x, None, batch_size, shuffle=False)

    def _check_ready(self):
        """Raises `ValueError` if the loss has no meaning yet."""
