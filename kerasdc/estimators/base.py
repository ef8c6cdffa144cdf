"""What all estimators share: from scikit-learn's words to Keras' and back."""

import copy
import numbers

import keras
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.base import ClassNamePrefixFeaturesOutMixin
from sklearn.base import ClusterMixin
from sklearn.base import TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from sklearn.utils.validation import validate_data

from kerasdc.estimators.lengths import epochs_of
from kerasdc.models.bases.scopes import drawing_from
from kerasdc.targets import steps_taken
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.lookups import is_auto

_HIGHEST_SEED = 2**31 - 1
_BLOCK = 64  # samples


class DeepEstimator(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """An estimator that trains a Keras model of kerasdc.

    Subclasses implement `fitted_model`, or set what follows and inherit it.

    Attributes:
        system: The class of the Keras model.
        model_arguments: Names of parameters that its constructor takes.
        compile_arguments: Names of parameters that its `compile` takes.
        fewest_samples: Integer, fewer are refused.
    """

    system = None
    model_arguments = ()
    compile_arguments = ()
    fewest_samples = 2

    # === What users call ===

    def fit(self, X, y=None):
        """Trains a new model.

        Args:
            X: Array or frame `(n, n_features)`, or images `(n, ...)`.
            y: Ignored; as scikit-learn has it.

        Returns:
            The estimator itself.

        Raises:
            ValueError: If `X` or a parameter is not usable.
        """
        X = self._checked(X, reset=True, ensure_min_samples=self.fewest_samples)
        self._keep(self.fitted_model(X), X)
        return self

    def transform(self, X):
        """The embedding of samples.

        Args:
            X: Samples, as in `fit`.

        Returns:
            Float32 array `(n, dim)`.
        """
        return self._outputs("embed", self._asked(X))

    def score(self, X, y=None):
        """Minus the model's `objective`, which needs no labels.

        Args:
            X: Samples, as in `fit`.
            y: Ignored.

        Returns:
            Float, the higher the better. Scores of one system compare with
            each other, and where they have the same number of clusters.
        """
        X = self._asked(X)
        return -float(self.model_.objective(X))

    # === Training ===

    def fitted_model(self, X):
        """Trains `n_init` models; the one of the lowest objective.

        Args:
            X: Array of samples, checked.

        Returns:
            Keras model.
        """
        seed = self._drawn_seed()
        num = checked_count("n_init", self.n_init)
        found = [self._trained(X, seed + i, num == 1) for i in range(num)]
        if num == 1:
            return found[0]
        objectives = [model.objective(X) for model in found]
        model = found[int(np.nan_to_num(objectives, nan=np.inf).argmin())]
        model.check_outcome(X, None)
        return model

    def _trained(self, X, seed, checks_outcome):
        model = self.new_model(X, seed % _HIGHEST_SEED)
        model.checks_outcome = checks_outcome
        self.train(model, X)
        model.checks_outcome = True
        return model

    def new_model(self, X, seed):
        """A model, compiled, with copies of the networks passed.

        Args:
            X: Array of samples.
            seed: Integer.

        Returns:
            Keras model.
        """
        arguments = self._parameters(self.model_arguments)
        if arguments["encoder"] is None:
            shape = _features_shape(arguments["preprocessor"], X)
            with drawing_from(seed):
                arguments.update(self.default_networks(shape))
        model = self.system(**arguments, **self._sizes(X), seed=seed)
        model.compile(**self._parameters(self.compile_arguments))
        return model

    def default_networks(self, shape):
        """Networks in place of those that the system would make.

        Args:
            shape: Tuple, of one sample's features.

        Returns:
            Dictionary of arguments of the system's constructor.
        """
        return {}

    def train(self, model, X):
        """Runs the stages of a new model.

        Args:
            model: What `new_model` returned.
            X: Array of samples.
        """
        model.fit(
            X,
            batch_size=self._batch_size_of(model),
            epochs=self._num_epochs(model, len(X)),
            verbose=self.verbose,
        )

    def _batch_size_of(self, model):
        if self.batch_size is None:
            return model.default_batch_size
        return self.batch_size

    def default_steps(self, num_samples):
        """Steps of `fit` where `epochs` is `"auto"`.

        Args:
            num_samples: Integer.

        Returns:
            Integer.
        """
        raise NotImplementedError

    def _num_epochs(self, model, num_samples):
        if not is_auto(self.epochs):
            return self.epochs
        sizes = (num_samples, self._batch_size_of(model))
        steps = self.default_steps(num_samples)
        return epochs_of(steps, *sizes, whole=model.compares_batch)

    def _parameters(self, names):
        """Copies: training must not change what the user holds."""
        return {name: copy.deepcopy(getattr(self, name)) for name in names}

    def _sizes(self, X):
        """What the constructor calls otherwise."""
        return {}

    def _drawn_seed(self):
        if isinstance(self.random_state, numbers.Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(_HIGHEST_SEED))

    # === What is learned ===

    def _keep(self, model, X):
        """Sets the attributes of a fitted estimator.

        Args:
            model: Fitted Keras model.
            X: Array of samples, which it was fitted on.
        """
        if hasattr(self, "feature_names_in_"):
            model.feature_names = tuple(self.feature_names_in_)
        self.model_ = model
        self.n_iter_ = steps_taken(model.optimizer)
        self._n_features_out = _embedder(model).output_shape[-1]

    def _asked(self, X):
        check_is_fitted(self)
        return self._checked(X, reset=False)

    def _outputs(self, verb, X, **options):
        """What a method of the model returns for checked samples.

        Few are repeated: products of matrices are rounded by their sizes, and
        a sample alone shall have the outputs that it has among others.
        """
        padded = X
        if len(X) < _BLOCK:
            padded = np.resize(X, (_BLOCK, *X.shape[1:]))
        return getattr(self.model_, verb)(padded, **options)[: len(X)]

    def _checked(self, X, **kwargs):
        """An array that the model takes, by scikit-learn's checks."""
        return validate_data(self, X, allow_nd=True, **kwargs)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        # A Bernoulli decoder makes features from 0 to 1.
        bernoulli = getattr(self, "likelihood", None) == "bernoulli"
        tags.input_tags.positive_only = bernoulli
        return tags


class DeepClusterer(ClusterMixin, DeepEstimator):
    """An estimator whose model has clusters."""

    center_layer = None  # of the model; and its weight
    center_weight = "centers"

    def predict(self, X):
        """The most probable cluster of each sample.

        Args:
            X: Samples, as in `fit`.

        Returns:
            Integer array `(n,)`, values from 0 to `n_clusters - 1`.
        """
        return self._outputs("assign", self._asked(X))

    def predict_proba(self, X):
        """Soft assignments.

        Args:
            X: Samples, as in `fit`.

        Returns:
            Float32 array `(n, n_clusters)`, whose rows sum to 1.
        """
        X = self._asked(X)
        return self._outputs("predict", X, batch_size=1024, verbose=0)

    def fitted_model(self, X):
        num_clusters = checked_count("n_clusters", self.n_clusters)
        if len(X) < num_clusters:
            raise ValueError(
                "There must be at least as many samples as clusters. "
                f"Received: n_samples={len(X)}, n_clusters={num_clusters}"
            )
        return super().fitted_model(X)

    def _sizes(self, X):
        return {"num_clusters": self.n_clusters}

    def _keep(self, model, X):
        super()._keep(model, X)
        self.labels_ = self._outputs("assign", X)
        if self.center_layer is not None:
            layer = getattr(model, self.center_layer)
            centers = getattr(layer, self.center_weight)
            self.cluster_centers_ = keras.ops.convert_to_numpy(centers)


def _features_shape(preprocessor, X):
    shape = X.shape
    if isinstance(preprocessor, keras.Layer):
        shape = preprocessor.compute_output_shape(shape)
    return tuple(shape[1:])


def _embedder(model):
    """The network whose outputs `embed` gives."""
    return getattr(model, "embedding", None) or model.encoder
