"""In which cluster each sample of a training is, saved with the model."""

import keras
import numpy as np


@keras.saving.register_keras_serializable(package="kerasdc")
class Membership(keras.layers.Layer):
    """Integers of any number, which are saved and are no weights.

    Attributes:
        clusters: Int32 array `(n,)`, or `None`.
        data: String that tells what data they are of, or `None`.
    """

    clusters = data = None

    def set(self, clusters, data):
        """Keeps the clusters of data.

        Args:
            clusters: Integer array `(n,)`.
            data: String, as `kerasdc.utils.inputs.fingerprint` makes it.
        """
        self.clusters = np.asarray(clusters, "int32")
        self.data = str(data)

    def of(self, data):
        """The clusters of data, `None` if it is not known."""
        return self.clusters if self.data == str(data) else None

    def save_own_variables(self, store):
        if self.clusters is not None:
            store["clusters"] = self.clusters
            store["data"] = np.frombuffer(self.data.encode(), "uint8")

    def load_own_variables(self, store):
        if "clusters" in store.keys():
            text = bytes(np.array(store["data"])).decode()
            self.set(np.array(store["clusters"]), text)
