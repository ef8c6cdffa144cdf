"""Clustering models without a decoder: features, then a softmax."""

import keras

from kerasdc.models.bases.clustering_model import ClusteringModel
from kerasdc.models.bases.restarts import best_weights
from kerasdc.models.bases.restarts import check_restarts
from kerasdc.targets import WholePass


class DiscriminativeModel(ClusteringModel):
    """A classifier of clusters, trained by its own outputs.

    There is no `pretrain`, and `adapt` finds no first partition: training
    starts from random weights. Subclasses implement `build_head`, which makes
    what follows the encoder and ends with `add_fitted_flag`, and `logits`.
    """

    starts_undecided = True
    compares_batch = True
    fewest_samples = 2  # they are normalized by each other
    pretrained = True  # what is not needed is done
    ways_to_weights = ways_to_clusters = "`fit(x)`"
    default_batch_size = 250  # of the authors of IMSAT
    parts = ("encoder", "preprocessor", "augmentation")
    made_networks = ("encoder",)  # unless the caller passes them
    adapted = ClusteringModel.fitted

    # === Functional Model ===

    def call(self, x, training=False):
        return self.soft_assignment(self.logits(self.features(x), training))

    def logits(self, features, training=False):
        """What the softmax over clusters is taken of.

        Args:
            features: Tensor, as `features(x)` returns it.
            training: Boolean.

        Returns:
            Float32 tensor `(batch, num_clusters)`.
        """
        raise NotImplementedError

    # === Training ===

    def adapt(self, x, restarts=None, verbose=0):
        """Looks for weights to start from, without labels.

        Args:
            x: Training samples.
            restarts: Optional dictionary with `num`, `epochs` and, if wanted,
                `batch_size` (that of `fit`), `samples`, `optimizer`,
                `criterion` and `callbacks`: as many trainings, each from new
                random weights, on that many evenly spaced samples (all), by a
                copy of that Keras optimizer (the model's). `fit` goes on from
                that of the lowest `objective`, or, by the criterion
                `"neighbors"`, of the partition that separates the fewest
                nearest neighbors, by the normalized cut of their graph: for
                samples whose distances mean something, such as digits, not
                photographs. `callbacks` is a function from the name of a
                training, such as `"restart_1"`, to a list of its Keras
                callbacks: with `keras.callbacks.BackupAndRestore`, `adapt`
                goes on after a kill from the last epoch.
            verbose: As in `keras.Model.fit`: whether a bar counts them.

        Raises:
            ValueError: If `x` or `restarts` is not usable, or no training
                ends with a finite `objective`.
        """
        check_restarts(self, restarts)
        x = self.prepare(x)
        if restarts is not None:
            self.set_weights(best_weights(self, x, verbose=verbose, **restarts))

    def sibling(self, seed, optimizer=None):
        """A model like this one, compiled, of new random weights.

        Args:
            seed: Integer.
            optimizer: Optional Keras optimizer to copy, in place of this
                model's.

        Returns:
            Model of this class, with the state of this one's preprocessor.
        """
        config = {**self.get_config(), "seed": seed}
        if self._makes_encoder:
            # Weights are then drawn in the order that they were here.
            config.update(dict.fromkeys(self.made_networks))
        model = self.from_config(config)
        compiled = self.get_compile_config()
        if optimizer is not None:
            serialize = keras.saving.serialize_keras_object
            compiled["optimizer"] = serialize(optimizer)
        model.compile_from_config(compiled)
        model.build((None, *self._sample_shape))
        if self.preprocessor is not None:
            _copy_state(self.preprocessor, model.preprocessor)
        return model

    def scored_batches(self, x, batch_size):
        """All samples, in a fixed order; see `EncoderModel`."""
        return WholePass(x, self.targets_of(x), batch_size)

    # === Checks ===

    def _checked_batch_size(self, batch_size):
        batch_size = super()._checked_batch_size(batch_size)
        if batch_size < max(self.num_clusters, 2):
            raise ValueError(
                "A batch must have at least as many samples as there are "
                "clusters, and at least 2. "
                f"Received: batch_size={batch_size}, "
                f"num_clusters={self.num_clusters}"
            )
        return batch_size


def _copy_state(source, target):
    target.set_weights(source.get_weights())
    # Keras' Normalization computes with what follows from its weights.
    if callable(getattr(target, "finalize_state", None)):
        target.finalize_state()
