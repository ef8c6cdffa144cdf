"""Self-training: an encoder trained as a DEC, to begin another system with."""

from kerasdc.models.bases.autoencoder import Autoencoder


def self_train(
    dec_class,
    model,
    x,
    seed,
    adapt,
    epochs,
    optimizer="adam",
    batch_size=256,
    decoder_epochs=5,
    verbose=0,
):
    """Trains a model's encoder as a `DEC`, and then its decoder to follow.

    Args:
        dec_class: `kerasdc.models.DEC`.
        model: Model with an autoencoder, built, whose `augmented` says whether
            its decoder learns from augmented samples.
        x: Prepared training data.
        seed: Integer, of k-means and of the order of batches.
        adapt: Dictionary, arguments of `DEC.adapt`.
        epochs: Integer, of the encoder.
        optimizer: Keras optimizer of the encoder, or its name.
        batch_size: Integer.
        decoder_epochs: Integer, in which the encoder stands still.
        verbose: As in `keras.Model.fit`.

    Returns:
        Integer array `(n,)` of the DEC's assignments.
    """
    # Without the decoder, which it would freeze.
    dec = dec_class(
        model.num_clusters,
        model.encoder,
        preprocessor=model.preprocessor,
        augmentation=model.augmentation,
        seed=seed,
    )
    dec.compile(optimizer)
    dec.adapt(x, verbose=verbose, **adapt)
    dec.fit(x, epochs=epochs, batch_size=batch_size, verbose=verbose)
    _train_decoder(model, x, decoder_epochs, batch_size, verbose)
    return dec.assign(x)


def _train_decoder(model, x, epochs, batch_size, verbose):
    """Trains the decoder alone, by the likelihood."""
    autoencoder = Autoencoder(
        model.encoder,
        model.decoder,
        model.preprocessor,
        model.augmentation if model.augmented else None,
        model.likelihood.reconstruction_loss,
    )
    parts = _with_flags(model.encoder)
    model.encoder.trainable = False
    try:
        autoencoder.compile("adam")
        autoencoder.fit(
            x, epochs=epochs, batch_size=batch_size, verbose=verbose
        )
    finally:
        # One by one: some may have been frozen before.
        for part, trainable in parts:
            part.trainable = trainable


def _with_flags(network):
    """Its layers, outer ones first, then its weights: whether each trains."""
    parts = [*network._flatten_layers(), *network.weights]
    return [(part, part.trainable) for part in parts]
