"""A model on top of the network that has made its inputs."""

import keras

from kerasdc.models.bases.parts import checked_model

_MADE_ANEW = ("preprocessor", "encoder", "decoder", "augmentation")


class Stacking:
    """A mixin of `EncoderModel`: one model from raw samples to clusters."""

    def behind(self, encoder):
        """This model, for the raw samples that `encoder` makes its inputs of.

        Large pretrained networks are slow: let one make vectors of all
        samples once, by `encoder.predict`, cluster these, and join the two to
        save and serve them as one.

        Args:
            encoder: `keras.Model` of one input, from raw samples to what this
                model was fitted on.

        Returns:
            A model of the same class, not compiled. Its `encoder` is all of
            `encoder`, this model's preprocessor and its encoder; there is no
            augmentation.

        Raises:
            ValueError: If this model has a decoder, takes texts or is not
                built, or `encoder` does not fit it.
        """
        checked_model("encoder", encoder)
        self._check_stackable(encoder)
        whole = self._on_top_of(encoder)
        arguments = keras.saving.deserialize_keras_object(self.get_config())
        arguments.update(dict.fromkeys(_MADE_ANEW & arguments.keys()))
        model = type(self)(**{**arguments, "encoder": whole})
        model.build(whole.input_shape)
        heads = zip(self._kept_weights(), model._kept_weights(), strict=True)
        for weight, copy in heads:
            copy.assign(weight)
        return model

    def _check_stackable(self, encoder):
        if self.needs_decoder or self.accepts_text or not self.built:
            raise ValueError(
                "`behind` joins models that are fitted, without a decoder, to "
                "numbers. "
                f"Received: a {type(self).__name__} with built={self.built}, "
                f"which takes texts: {self.accepts_text}"
            )
        shape = tuple(getattr(encoder, "output_shape", None) or ())[1:]
        if shape != tuple(self._sample_shape) or len(encoder.inputs) != 1:
            raise ValueError(
                "`encoder` must have one input, and outputs of the shape "
                f"{tuple(self._sample_shape)}. "
                f"Received: {len(encoder.inputs)} inputs, shape {shape}"
            )

    def _on_top_of(self, encoder):
        (source,) = encoder.inputs
        inputs = keras.Input(source.shape[1:], dtype=source.dtype)
        x = encoder(inputs)
        if self.preprocessor is not None:
            x = self.preprocessor(x)
        return keras.Model(inputs, self.encoder(x), name="stacked")

    def _kept_weights(self):
        """Weights but those of networks, and of the raw inputs' scale."""
        others = [getattr(self, name, None) for name in _MADE_ANEW]
        left_out = {
            id(weight)
            for layer in (*others, self.input_range)
            if isinstance(layer, keras.Layer)
            for weight in layer.weights
        }
        return [each for each in self.weights if id(each) not in left_out]
