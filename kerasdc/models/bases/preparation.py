"""How data of users become what a model trains on."""

import warnings

from kerasdc.models.bases.ids import check_ids
from kerasdc.models.bases.parts import must_adapt
from kerasdc.utils.frames import column_names
from kerasdc.utils.frames import in_order
from kerasdc.utils.inputs import Checked
from kerasdc.utils.inputs import is_checked_by
from kerasdc.utils.inputs import to_array
from kerasdc.utils.refusals import reject_labels
from kerasdc.utils.sampled_rows import samples_of_all


class Preparation:
    """A mixin of `EncoderModel`: data of any form, checked once.

    Attributes:
        feature_names: Tuple of the columns' names, if the model was fitted
            on a frame, or `None`. Frames with these columns in another order
            are put into this one.
    """

    fewest_samples = 1  # more, where the loss compares samples
    feature_names = None
    _told_of_scale = False

    @property
    def accepts_text(self):
        """Whether samples are texts, which the preprocessor takes."""
        return getattr(self.preprocessor, "accepts_text", False)

    def as_inputs(self, x):
        """Checks `x` and turns it into the array the model runs on.

        Args:
            x: Data in any form that `fit` takes; labels in it are left out.

        Returns:
            Array `(n, ...)`: raw numbers, or features in place of texts.
            What the model was not built for raises `ValueError`.
        """
        array = self._checked(x, allow_labels=True)
        self._warn_of_scale(array)
        return self._as_features(array)

    def check_samples(self, x):
        """Raises `ValueError` if `as_inputs` would refuse `x`.

        Args:
            x: As in `as_inputs`.
        """
        self._checked(x, allow_labels=True)

    def prepare(self, x, y=None, batch_size=None):
        """Checks training data; adapts the preprocessor; builds the model.

        Args:
            x: Training data.
            y: Must be `None`: labels are never used for training.
            batch_size: Optional integer, of the training to come: whether
                such batches will do is checked, too.

        Returns:
            The array to train on. Methods of this model that are given it do
            not check it again.

        Raises:
            ValueError: If labels are passed, or `x` is not usable. Nothing
                has changed then.
        """
        reject_labels(y)
        array = self._checked(x)
        if not is_checked_by(self, array):
            self._check_enough(array)
        if batch_size is not None:
            self._check_batches(array, batch_size)
        adapts = must_adapt(self.preprocessor)
        if adapts:
            self.forget_passes()
        if array.dtype == object:
            # Only the vocabulary tells how wide the features are.
            if adapts:
                self.preprocessor.adapt(samples_of_all(array))
            array, adapts = self._as_features(array), False
        if not self.built:
            self.build((None, *array.shape[1:]))
        if adapts:
            self.preprocessor.adapt(samples_of_all(array))
        self._learn_inputs(x, array)
        return Checked.by(self, array)

    def _learn_inputs(self, x, array):
        """Keeps what later samples are compared with."""
        if is_checked_by(self, array):
            return
        self._warn_of_scale(array)
        if not self.accepts_text:
            self.input_range.adapt(samples_of_all(array))
        self.feature_names = self.feature_names or column_names(x)

    def _warn_of_scale(self, array):
        """Warns, once, of samples that are far larger or smaller."""
        if not self.built or self._told_of_scale or array.dtype == object:
            return
        if getattr(array, "prepared_for", None) is not None:
            return
        difference = self.input_range.difference(array)
        if difference is not None:
            self._told_of_scale = True
            warnings.warn(difference, stacklevel=4)

    def _checked(self, x, allow_labels=False, names=None):
        shape = self._sample_shape if self.built else None
        x = in_order(x, names or self.feature_names)
        array = to_array(x, shape, self.accepts_text, allow_labels)
        if not is_checked_by(self, array):
            check_ids(array, self)
        return array

    def _as_features(self, array):
        """Texts to features, once, so that training steps see numbers."""
        if array.dtype != object:
            return array
        return self.preprocessor.transform(array)

    def _scorable(self, x):
        """Raw samples as inputs that the loss is defined for."""
        array = self._checked(x)
        self._warn_of_scale(array)
        return self._as_features(array)

    def _check_enough(self, array):
        """Raises `ValueError` if there is too little to learn from."""
        self._check_length(array)

    def _check_length(self, array):
        if len(array) < self.fewest_samples:
            raise ValueError(
                f"{type(self).__name__} compares samples with each other: `x` "
                f"must hold at least {self.fewest_samples}. "
                f"Received: {len(array)} samples"
            )

    def _check_batches(self, array, batch_size):
        """Raises `ValueError` if batches hold too little to learn from."""

    # === Saving ===

    def get_build_config(self):
        config = super().get_build_config()
        if not config or self.feature_names is None:
            return config
        return {**config, "feature_names": list(self.feature_names)}

    def build_from_config(self, config):
        config = dict(config)
        names = config.pop("feature_names", None)
        super().build_from_config(config)
        self.feature_names = None if names is None else tuple(names)
