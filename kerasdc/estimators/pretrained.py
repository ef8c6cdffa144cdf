"""Estimators whose encoder is first trained by itself."""

from kerasdc import networks
from kerasdc.estimators.lengths import epochs_of
from kerasdc.estimators.lengths import steps_for
from kerasdc.models.bases.neighbor_embedding import STEPS_PER_EPOCH
from kerasdc.utils.lookups import is_auto


class Pretrained:
    """A mixin of estimators whose model is pretrained.

    By `pretrain_method="neighbors"`, an encoder that is not passed is a
    perceptron that suits it.
    """

    units = (256, 256, 256)
    latent_dim = 5
    has_decoder = True
    share = 10  # the clustering takes a tenth of the steps of "neighbors"

    def default_networks(self, shape):
        if self.pretrain_method != "neighbors":
            return {}  # the paper's
        arguments = (shape, self.units, self.latent_dim)
        found = {"encoder": networks.mlp_encoder(*arguments, activation="silu")}
        if self.has_decoder:
            decoder = networks.mlp_decoder(*arguments, activation="silu")
            found["decoder"] = decoder
        return found

    def train(self, model, X):
        self.pretrain(model, X)
        super().train(model, X)

    def pretrain(self, model, X):
        """The first stage.

        Args:
            model: What `new_model` returned.
            X: Array of samples.
        """
        if self.pretrain_method != "neighbors" and model.decoder is None:
            if model.encoder is not None:
                return  # comes pretrained
        batch_size = 256 if self.batch_size is None else self.batch_size
        model.pretrain(
            X,
            epochs=self._num_pretrain_epochs(len(X), batch_size),
            batch_size=batch_size,
            verbose=self.verbose,
        )

    def _num_pretrain_epochs(self, num_samples, batch_size):
        if not is_auto(self.pretrain_epochs):
            return self.pretrain_epochs
        num_steps = steps_for(num_samples)
        if self.pretrain_method == "neighbors":
            return -(-num_steps // STEPS_PER_EPOCH)
        return epochs_of(num_steps, num_samples, batch_size)

    def default_steps(self, num_samples):
        if self.pretrain_method == "neighbors":  # it is well on its way
            return steps_for(num_samples // self.share, 50, 400)
        return steps_for(num_samples)
