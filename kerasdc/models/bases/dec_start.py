"""Self-training: an encoder trained as a DEC, to begin another system with."""

from kerasdc.callbacks.checks import check_factory
from kerasdc.models.bases.decoder_training import train_decoder
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import shown

_DEFAULTS = {
    "optimizer": "adam",  # of the encoder
    "batch_size": 256,
    "decoder_epochs": 5,  # in which the encoder stands still
    "callbacks": None,
}


def self_train(dec_class, model, x, seed, adapt, training, verbose=0):
    """Trains a model's encoder as a `DEC`, and then its decoder to follow.

    If the DEC starts by triplets, nothing is left to pretrain in the model.

    Args:
        dec_class: `kerasdc.models.DEC`.
        model: Model with an autoencoder, built, whose `augmented` says whether
            its decoder learns from augmented samples.
        x: Prepared training data.
        seed: Integer, of k-means and of the order of batches.
        adapt: Dictionary, arguments of `DEC.adapt`.
        training: Dictionary that `checked_self_training` returned.
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
    dec.compile(training["optimizer"], augmented=model.augmented)
    dec.adapt(x, verbose=verbose, **adapt)
    if adapt.get("triplet_epochs"):
        model.mark_pretrained()
    made = training["callbacks"] or (lambda name: None)
    shared = {"batch_size": training["batch_size"], "verbose": verbose}
    epochs = training["epochs"]
    dec.fit(x, epochs=epochs, callbacks=made("encoder"), **shared)
    epochs = training["decoder_epochs"]
    shared["callbacks"] = made("decoder")
    train_decoder(
        model,
        x,
        seed,
        model.likelihood.reconstruction_loss,
        model.augmentation if model.augmented else None,
        epochs=epochs,
        **shared,
    )
    return dec.assign(x)


def checked_self_training(values):
    """Complete values of `self_training`, or raises.

    Args:
        values: What the caller passed.

    Returns:
        Dictionary with all of its keys.

    Raises:
        ValueError: If it is no dictionary with `epochs`, or has other keys,
            or a value is not usable.
    """
    names = set(values) if isinstance(values, dict) else set()
    if not {"epochs"} <= names <= {"epochs", *_DEFAULTS}:
        raise ValueError(
            "`self_training` must be a dictionary with `epochs` and, if "
            f"wanted, {', '.join(_DEFAULTS)}. "
            f"Received: self_training={shown(values)}"
        )
    values = {**_DEFAULTS, **values}
    for name in ("epochs", "decoder_epochs"):
        checked_count(name, values[name], minimum=0)
    checked_count("batch_size", values["batch_size"])
    check_factory("self_training", values["callbacks"])
    return values
