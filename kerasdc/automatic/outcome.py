"""What `cluster` returns."""

import dataclasses

import keras


@dataclasses.dataclass
class Clustering:
    """What `cluster` returns.

    Attributes:
        model: Fitted `kerasdc.models.NeighborClustering`.
        summary: `kerasdc.summary.Summary` of the data.
        choices: `Choices`, what was done with the data.
        selection: `Selection` of the number of clusters, or `None` if the
            caller gave it.
        scores: Dictionary: the modularity of each candidate partition on the
            graph of neighbors, from -0.5 to 1.
        agreement: Float, the share of samples to which the network gives the
            cluster of the consensus of these partitions.
        seconds: Float.
        table: Fitted `sklearn.compose.ColumnTransformer` that has made numbers
            of a frame with words, or of a table with gaps; otherwise `None`.
    """

    model: keras.Model
    summary: object
    choices: object
    selection: object
    scores: dict
    agreement: float
    seconds: float
    table: object = None

    @property
    def labels(self):
        """Integers `(n,)`: the cluster of each sample, -1 for outliers."""
        return self.summary.labels

    def assign(self, x):
        """The cluster of each of other samples.

        Args:
            x: Samples in the form that was clustered, with words and gaps
                if those had them.

        Returns:
            Integer array `(n,)`.
        """
        if self.table is not None:
            x = self.table.transform(x)
        return self.model.assign(x)

    def __str__(self):
        chosen = self.choices
        lines = [
            f"{chosen.kind} ({chosen.reason}): {chosen.preprocessor}, "
            f"{chosen.encoder}, augmentation {chosen.augmentation}",
            f"{self.model.num_clusters} clusters in {self.seconds:.0f} s; the "
            f"network agrees with {self.agreement:.1%} of the partition",
        ]
        if self.selection is not None:
            lines.append(f"number of clusters {self.selection}")
        lines.append("modularity of the candidates on the neighbor graph")
        lines += [f"  {v:.4f}  {name}" for name, v in self.scores.items()]
        return "\n".join([*lines, str(self.summary)])
