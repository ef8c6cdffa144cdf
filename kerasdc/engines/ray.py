"""Assigning rows of a Ray data set."""

import numpy as np

from kerasdc.engines.loaded import OUTPUTS
from kerasdc.engines.loaded import model_of
from kerasdc.engines.loaded import outputs_of
from kerasdc.utils.arguments import checked_choice


class Assign:
    """A function of batches that adds a column of clusters.

    Give the class to `map_batches`: every actor loads the model once. Needs
    `pip install kerasdc[ray]`, also on the workers.

    Args:
        model: Name of a published model, or path of a `.keras` that every
            worker can read.
        column: String, the column of the samples.
        output: `"cluster"`, `"soft_assignment"` or `"embedding"`; also the
            name of the new column.

    Raises:
        ValueError: If there is no such model or output.

    Example:

        rows.map_batches(
            kerasdc.engines.ray.Assign,
            fn_constructor_kwargs={"model": "dec_mnist", "column": "pixels"},
            batch_size=1024,
        )
    """

    def __init__(self, model, column, output="cluster"):
        self.output = checked_choice("output", output, OUTPUTS)
        self.model, self.column = model_of(model), column

    def __call__(self, batch):
        """Assigns one batch.

        Args:
            batch: Dictionary of arrays by the names of columns.

        Returns:
            Dictionary: these, and the column `output`.
        """
        rows = np.stack(batch[self.column])
        found = outputs_of(self.model, rows, self.output)
        return {**batch, self.output: found}
