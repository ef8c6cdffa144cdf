"""The affinities that parametric t-SNE trains by, found once for its data."""

from kerasdc.algorithms.affinities import check_perplexity
from kerasdc.algorithms.affinities import joint_affinities
from kerasdc.algorithms.affinities import neighbor_affinities
from kerasdc.targets import AffinityBatches
from kerasdc.targets import NeighborPairs
from kerasdc.targets import all_features
from kerasdc.utils.inputs import fingerprint

_MOST_SCORED = 2000


class AffinityTargets:
    """Finds affinities of samples, and makes the batches that hold them.

    They are kept for the very same samples only.

    Args:
        kind: `"batch"`, `"neighbors"` or `"auto"`, by batch where one holds
            all samples; see `kerasdc.models.ParametricTSNE`.
        perplexity: Float, at least 1.
        seed: Integer, of the fixed batches.
    """

    def __init__(self, kind, perplexity, seed=0):
        self.kind = kind
        self.perplexity = perplexity
        self.seed = seed
        self._found = (None, None)

    def check(self, x, batch_size, by_batch=False):
        """Raises `ValueError` if `x` is too few for the perplexity.

        Args:
            x: Array of raw samples.
            batch_size: Integer, at least 2.
            by_batch: Boolean. Whether batches are fixed in any case, as
                those are that a loss is reported of.
        """
        smallest = len(x)
        if by_batch or self._by_batch(x, batch_size):
            smallest //= AffinityBatches.count_batches(len(x), batch_size)
        check_perplexity(self.perplexity, smallest)

    def find(self, x, preprocessor, batch_size):
        """Finds the affinities of training data.

        Args:
            x: Array of raw samples.
            preprocessor: Layer that makes features of them, or `None`.
            batch_size: Integer, at least 2.

        Returns:
            Array `(n, batch)` of affinities in fixed batches, or a SciPy
            sparse matrix `(n, n)`.

        Raises:
            ValueError: If `perplexity` is above a third of the others.
        """
        features = all_features(x, preprocessor)
        if self._by_batch(x, batch_size):
            affinities = self._in_batches(features, batch_size)
        else:
            affinities = neighbor_affinities(features, self.perplexity)
        self._found = (self._key(x, batch_size), affinities)
        return affinities

    def known(self, x, batch_size):
        """Whether those of such batches of `x` were the last to be found."""
        return self._found[0] == self._key(x, batch_size)

    def training_batches(
        self, x, batch_size, draw_seed, count_steps, shuffle=True
    ):
        """Batches of the data whose affinities were found last.

        Args:
            x: Array of raw samples.
            batch_size: Integer.
            draw_seed: Function that returns the seed of pairs that are drawn.
            count_steps: As in `kerasdc.targets.ShuffledBatches`.
            shuffle: Boolean. Whether fixed batches come in a new order each
                pass. Pairs are drawn in any case.

        Returns:
            `kerasdc.targets.ShuffledBatches`.
        """
        by_batch = self._by_batch(x, batch_size)
        make = AffinityBatches if by_batch else NeighborPairs
        return make(
            x,
            self._found[1],
            batch_size,
            # Fixed batches are those whose affinities were found.
            seed=self.seed if by_batch else draw_seed(),
            count_steps=count_steps,
            shuffle=shuffle,
        )

    def scored_batches(self, x, preprocessor, batch_size):
        """Fixed batches of any samples, of whatever kind those of training.

        Args:
            x, preprocessor, batch_size: As in `find`.

        Returns:
            `kerasdc.targets.AffinityBatches`.
        """
        features = all_features(x, preprocessor)
        affinities = self._in_batches(features, batch_size)
        return AffinityBatches(x, affinities, batch_size, seed=self.seed)

    def of_some(self, x, preprocessor):
        """Affinities of some samples to each other, for a score.

        Args:
            x, preprocessor: As in `find`.

        Returns:
            Tuple of at most 2,000 evenly spaced samples and the float array
            of their joint affinities.

        Raises:
            ValueError: If there are fewer than 4 samples.
        """
        if len(x) < 4:  # a perplexity of 1 takes three others
            raise ValueError(
                "Affinities need at least 4 samples. "
                f"Received: {len(x)} samples"
            )
        x = x[:: -(-len(x) // _MOST_SCORED)]
        perplexity = min(self.perplexity, (len(x) - 1) / 3)
        return x, joint_affinities(all_features(x, preprocessor), perplexity)

    def _in_batches(self, features, batch_size):
        return AffinityBatches.affinities_of(
            features, batch_size, self.perplexity, self.seed
        )

    def _by_batch(self, x, batch_size):
        if self.kind == "auto":
            return len(x) <= batch_size
        return self.kind == "batch"

    def _key(self, x, batch_size):
        by_batch = self._by_batch(x, batch_size)
        return fingerprint(x), batch_size if by_batch else None
