"""Which weights `fit` trains, and how that is saved."""


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

    # Frozen layers that are no arguments of the constructor, whose configs
    # hold `trainable`, are saved with what the model is built from.

    def get_build_config(self):
        config = super().get_build_config()
        if not config:
            return config
        frozen = [
            each.name for each in self._own_layers() if not each.trainable
        ]
        return {**config, "frozen": frozen}

    def build_from_config(self, config):
        config = dict(config)
        frozen = config.pop("frozen", None)
        super().build_from_config(config)
        if frozen is None and not self.trains_decoder and self.decoder:
            self.decoder.trainable = True  # version 0.1.0 froze all of it
        for layer in self._own_layers():
            if layer.name in (frozen or ()):
                layer.trainable = False

    def _own_layers(self):
        arguments = [id(getattr(self, name)) for name in self.parts]
        return [each for each in self.layers if id(each) not in arguments]


def _others(variables, left_out):
    """Variables that are not among others, in their order."""
    left_out = {id(variable) for variable in left_out}
    return [each for each in variables if id(each) not in left_out]
