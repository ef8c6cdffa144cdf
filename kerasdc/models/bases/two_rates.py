"""An optimizer with two learning rates."""

import keras

from kerasdc.utils.arguments import checked_number


@keras.saving.register_keras_serializable(package="kerasdc")
class TwoRateAdam(keras.optimizers.Adam):
    """Adam, faster for some weights.

    Two networks that compete are trained by one optimizer, so that `fit`
    stays Keras' own on every backend; Adam does not feel how large a loss
    is, but each network needs a rate of its own.

    Args:
        learning_rate: Float or schedule.
        factor: Float above 0: the rate of the weights that `set_fast` names,
            as a multiple of the others'.
        **kwargs: Arguments of `keras.optimizers.Adam`.
    """

    def __init__(self, learning_rate=2e-4, factor=5.0, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.factor = checked_number("factor", factor, above=True)
        self._fast = frozenset()

    def set_fast(self, variables):
        """Says which weights learn by `factor` times the rate.

        Args:
            variables: List of Keras variables the optimizer was built for.
        """
        self._fast = frozenset(map(self._get_variable_index, variables))

    def rate_of(self, variable, learning_rate):
        """The rate of one weight.

        Args:
            variable: As `update_step` gets it.
            learning_rate: Number or tensor.

        Returns:
            Number or tensor.
        """
        is_fast = self._get_variable_index(variable) in self._fast
        return learning_rate * self.factor if is_fast else learning_rate

    def update_step(self, gradient, variable, learning_rate):
        rate = self.rate_of(variable, learning_rate)
        super().update_step(gradient, variable, rate)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}
