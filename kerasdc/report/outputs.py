"""Outputs of a trained model, computed once for all uses."""

from functools import cached_property

import numpy as np

from kerasdc import plots
from kerasdc.utils.inputs import to_array


class Outputs:
    """Outputs of a trained model, each computed when it is first asked for.

    Reports, figures, files and publications of one model share such an
    object, so that the samples pass through the model once.

    Args:
        model: Trained `kerasdc.models.EncoderModel`.
        x: Raw samples, as `model.predict` takes them.
        y: Optional integers or strings `(n,)`, the classes. Labels are used
            for evaluation only.

    Attributes:
        model: The model.
        x: Array `(n, ...)`, of dtype `object` where samples are texts.
        y: Array `(n,)` or `None`.
        names: Names of the features, where `x` had any, or an empty list.

    Raises:
        ValueError: If `x` and `y` differ in length.
    """

    def __init__(self, model, x, y=None):
        self.model = model
        self.names = list(getattr(x, "columns", []))
        self.x = to_array(x, allow_text=True)
        if y is not None and len(y) != len(self.x):
            raise ValueError(
                "`x` and `y` must have the same length. "
                f"Received: {len(self.x)} samples, {len(y)} labels"
            )
        self.y = None if y is None else np.asarray(y)

    @cached_property
    def soft_assignment(self):
        """Floats `(n, num_clusters)`, of a model of clusters."""
        return self.model.predict(self.x, batch_size=1024, verbose=0)

    @cached_property
    def assignments(self):
        """Integers `(n,)`: the most probable cluster of each sample."""
        return self.soft_assignment.argmax(axis=1)

    @cached_property
    def confidences(self):
        """Floats `(n,)`: the probability of that cluster."""
        return self.soft_assignment.max(axis=1)

    @property
    def num_empty_clusters(self):
        """How many clusters have no sample."""
        num_clusters = self.soft_assignment.shape[1]
        return num_clusters - len(np.unique(self.assignments))

    @cached_property
    def embedding(self):
        """Floats `(n, d)`."""
        return self.model.embed(self.x)

    @cached_property
    def plane(self):
        """The embedding in two dimensions.

        A tuple `(indices, points)`: see `kerasdc.plots.two_dimensional`.
        """
        return plots.two_dimensional(self.embedding)
