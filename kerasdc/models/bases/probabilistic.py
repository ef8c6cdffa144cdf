"""Pretrained models whose decoder says p(x given z)."""

from kerasdc.layers import Scaling
from kerasdc.losses import likelihoods
from kerasdc.models.bases.parts import check_range
from kerasdc.models.bases.pretraining import PretrainedModel


class ProbabilisticModel(PretrainedModel):
    """A model whose decoder's outputs are parameters of a distribution.

    In `__init__`, subclasses call `set_probabilistic_networks` in place of
    `set_networks`. `fit` trains the decoder, too.
    """

    trains_decoder = True

    def set_probabilistic_networks(
        self, encoder, decoder, preprocessor, augmentation, likelihood
    ):
        """Takes the constructor's arguments that all such systems have.

        Args:
            encoder: `keras.Model` or `None`.
            decoder: `keras.Model`, or `None` where the encoder is.
            preprocessor: Layer, `None` or `"auto"`, which scales the largest
                feature to 1 for a Bernoulli decoder, the mean squared
                feature to 1 for a Gaussian one.
            augmentation: Layer or `None`.
            likelihood: `"bernoulli"` or `"gaussian"`.

        Raises:
            ValueError: If they do not fit each other, or there is no such
                likelihood.
        """
        if encoder is not None and decoder is None:
            raise ValueError(
                "An `encoder` needs its `decoder`. Received: decoder=None"
            )
        self.likelihood = likelihoods.get(likelihood)
        self.likelihood_name = likelihood
        target = "maximum" if likelihood == "bernoulli" else "mean_square"
        self.set_networks(
            encoder,
            decoder,
            preprocessor,
            augmentation,
            lambda: Scaling(target=target),
        )

    def compile(self, optimizer="auto", reconstruction_loss="auto", **kwargs):
        """Configures both trainings.

        Args:
            optimizer: As in `PretrainedModel.compile`.
            reconstruction_loss: Keras loss of `pretrain`. `"auto"` is that of
                the likelihood.
            **kwargs: Further arguments of `PretrainedModel.compile`.
        """
        if reconstruction_loss == "auto":
            reconstruction_loss = self.likelihood.reconstruction_loss
        super().compile(
            optimizer=optimizer,
            reconstruction_loss=reconstruction_loss,
            **kwargs,
        )

    def raw_samples(self, outputs):
        return super().raw_samples(self.likelihood.mean(outputs))

    # === Config ===

    def get_config(self):
        return {**super().get_config(), "likelihood": self.likelihood_name}

    # === Checks: where p(x | z) is not defined, they raise ===

    def _check_enough(self, array):
        super()._check_enough(array)
        self._check_range(array)

    def _scorable(self, x):
        array = super()._scorable(x)
        self._check_range(array)
        return array

    def _check_range(self, array):
        if self.likelihood is likelihoods.Bernoulli:
            check_range(array, self.preprocessor)
