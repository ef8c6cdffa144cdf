"""Which weights `fit` trains, which are quantized, and how that is saved."""


class Freezing:
    """A mixin of `EncoderModel`: `trainable` of its layers is respected.

    Where no loss of `fit` reaches the decoder, `fit` leaves it out. Its
    `trainable` flags, and those of its layers, are the user's: `pretrain`
    follows them.
    """

    trains_decoder = False  # whether `fit` does

    @property
    def trainable_variables(self):
        return self._without_decoder(super().trainable_variables)

    @property
    def trainable_weights(self):
        return self._without_decoder(super().trainable_weights)

    @property
    def non_trainable_variables(self):
        return _others(self.variables, self.trainable_variables)

    @property
    def non_trainable_weights(self):
        return _others(self.weights, self.trainable_weights)

    def _without_decoder(self, variables):
        if self.trains_decoder or self.decoder is None:
            return variables
        return _others(variables, self.decoder.variables)

    def quantize(self, mode=None, config=None, **kwargs):
        """Quantizes weights, for smaller files and faster serving.

        The state of optimizers is of weights that are no longer trained: it
        is dropped.

        Args:
            mode: As in `keras.Model.quantize`, such as `"int8"`.
            config: As in `keras.Model.quantize`.
            **kwargs: Further arguments of `keras.Model.quantize`.
        """
        super().quantize(mode, config=config, **kwargs)
        self.forget_passes()
        for name in ("optimizer", "pretrain_optimizer"):
            old = getattr(self, name, None)
            if old is not None and old.built:
                new = type(old).from_config(old.get_config())
                new.build(self.trainable_variables)
                setattr(self, name, new)

    # Configs of the constructor's arguments hold `trainable`, and how they
    # are quantized. That of other layers is saved with what the model is
    # built from.

    def get_build_config(self):
        config = super().get_build_config()
        if not config:
            return config
        frozen = [
            each.name for each in self._own_layers() if not each.trainable
        ]
        modes = {
            each.name: each.quantization_mode
            for each in self._own_layers()
            if each.quantization_mode is not None
        }
        return {**config, "frozen": frozen, "quantized": modes}

    def build_from_config(self, config):
        config = dict(config)
        frozen = config.pop("frozen", None)
        quantized = config.pop("quantized", None) or {}
        super().build_from_config(config)
        if frozen is None and not self.trains_decoder and self.decoder:
            self.decoder.trainable = True  # version 0.1.0 froze all of it
        for layer in self._own_layers():
            if layer.name in (frozen or ()):
                layer.trainable = False
            if layer.name in quantized:
                layer.quantize(quantized[layer.name])

    def _own_layers(self):
        arguments = [id(getattr(self, name)) for name in self.parts]
        return [each for each in self.layers if id(each) not in arguments]


def _others(variables, left_out):
    """Variables that are not among others, in their order."""
    left_out = {id(variable) for variable in left_out}
    return [each for each in variables if id(each) not in left_out]
