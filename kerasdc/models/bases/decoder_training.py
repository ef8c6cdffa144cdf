"""Training a decoder alone, after an encoder that stays as it is."""

from kerasdc.models.bases.autoencoder import Autoencoder
from kerasdc.models.bases.scopes import strategy_scope


def train_decoder(
    model, x, seed, reconstruction_loss, augmentation=None, **training
):
    """Trains the decoder of a model by Adam.

    Args:
        model: Model with encoder and decoder, built.
        x: Prepared training data.
        seed: Integer, of the order of batches.
        reconstruction_loss: Keras loss, or its name.
        augmentation: Optional layer that distorts features.
        **training: Arguments of `Autoencoder.fit`.
    """
    parts = _with_flags(model.encoder)
    model.encoder.trainable = False
    try:
        with strategy_scope(model):
            autoencoder = Autoencoder(
                model.encoder,
                model.decoder,
                model.preprocessor,
                augmentation,
                reconstruction_loss,
                seed,
            )
            autoencoder.compile("adam")
            autoencoder.fit(x, **training)
    finally:
        # One by one: some may have been frozen before.
        for part, trainable in parts:
            part.trainable = trainable


def _with_flags(network):
    """Its layers, outer ones first, then its weights: whether each trains."""
    parts = [*network._flatten_layers(), *network.weights]
    return [(part, part.trainable) for part in parts]
