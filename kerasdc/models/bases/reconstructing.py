"""Losses of a decoder that `fit` trains along."""

from keras import ops

from kerasdc.models.bases.decoder_training import train_decoder
from kerasdc.models.bases.replicas import whole_loss
from kerasdc.targets import FeatureBatches
from kerasdc.utils.arguments import checked_count

_DECODER_BATCH = 256


class Reconstructing:
    """A mixin of models with `Pretraining`: `fit` keeps the reconstruction.

    The loss is that of `pretrain`, the compiled `reconstruction_loss`.
    """

    trains_decoder = needs_decoder = True

    def pretrain(self, x, *args, decoder_epochs=5, **kwargs):
        """Trains the encoder, and the decoder; see `Pretraining.pretrain`.

        Args:
            x: Training samples.
            *args: As in `Pretraining.pretrain`.
            decoder_epochs: Integer, at least 0. After `"neighbors"`, which
                trains the encoder alone, the decoder is trained for so many
                passes over the data, while the encoder stays as it is.
            **kwargs: As in `Pretraining.pretrain`.

        Returns:
            The `History` of the first training.
        """
        decoder_epochs = checked_count("decoder_epochs", decoder_epochs, 0)
        history = super().pretrain(x, *args, **kwargs)
        if self.pretrain_method == "neighbors" and history.epoch:
            verbose = kwargs.get("verbose", "auto")
            self.train_decoder_alone(self.prepare(x), decoder_epochs, verbose)
        return history

    def train_decoder_alone(self, x, epochs, verbose=0):
        """Trains the decoder while the encoder stays as it is.

        Args:
            x: Prepared samples.
            epochs: Integer, at least 0, passes over the data.
            verbose: As in `keras.Model.fit`.
        """
        train_decoder(
            self,
            x,
            self._draw_seed(),
            self.reconstruction_loss,
            self.augmentation,
            epochs=epochs,
            batch_size=_DECODER_BATCH,
            verbose=verbose,
        )

    def reconstruction_error(self, features, outputs):
        """The reconstruction loss of each sample.

        Args:
            features: Tensor `(batch, ...)`, what the decoder is to make.
            outputs: Tensor of that shape, what it made.

        Returns:
            Tensor `(batch, ...)` or `(batch,)`, as the loss has it.
        """
        return whole_loss(
            self.reconstruction_loss,
            ops.cast(features, "float32"),
            ops.cast(outputs, "float32"),
        )

    def mean_reconstruction_error(self, x, batch_size):
        """The reconstruction loss of all samples, clean ones.

        Args:
            x: Raw samples.
            batch_size: Integer, samples taken at once.

        Returns:
            Float.
        """
        batches = FeatureBatches(self._scorable(x), self.features, batch_size)
        total = 0.0
        for (features,) in batches:
            z = self.encoder(features, training=False)
            error = self.reconstruction_error(features, self.decoder(z))
            total += len(features) * float(ops.mean(error))
        return total / len(batches.x)
