"""What is found from a sample, where there are too many samples."""

import warnings

import numpy as np

from kerasdc.utils.inputs import Checked
from kerasdc.utils.processes import joined
from kerasdc.utils.processes import num_processes
from kerasdc.utils.sampled_rows import MOST_SEARCHED
from kerasdc.utils.sampled_rows import sampled_rows
from kerasdc.utils.scratch import taken


def refuse_processes(words, needed="the graph of all samples"):
    """Raises `ValueError` if several processes train together.

    Args:
        words: String, what is done in one process.
        needed: String, what it needs.
    """
    if num_processes() > 1:
        raise ValueError(
            f"{words} needs {needed}, and is trained in one process. "
            f"Received: {num_processes()} processes"
        )


class SampledSearch:
    """A mixin of `EncoderModel`: which samples clusters are looked for in."""

    def searched_rows(self, x, max_samples=MOST_SEARCHED):
        """Which samples stand for all of them; the same for each stage.

        Args:
            x: Prepared samples.
            max_samples: Integer, or `None` for all.

        Returns:
            Integer array, or `None` for all.
        """
        return sampled_rows(len(x), max_samples, self.seed or 0)

    def searched(self, x, max_samples=MOST_SEARCHED):
        """The samples that stand for all of them.

        Args:
            x: Prepared samples.
            max_samples: Integer, or `None` for all.

        Returns:
            Array, prepared: `x` itself if there are not more.
        """
        rows = self.searched_rows(x, max_samples)
        if rows is None:
            return x
        return Checked.by(self, taken(x, rows))

    def searched_points(self, x, options):
        """What clusters are looked for in.

        Args:
            x: Prepared samples.
            options: Dictionary, arguments of `adapt`, with or without
                `max_samples`.

        Returns:
            Tuple of the embedding `(m, dim)` of those samples, and the other
            options, of which `initial_assignments` are those of them.
        """
        options = dict(options)
        most = options.pop("max_samples", MOST_SEARCHED)
        if most is not None:
            most = -(-most // num_processes())
        rows = self.searched_rows(x, most)
        if "initial_assignments" in options:
            groups = np.asarray(options["initial_assignments"])
            groups = groups if rows is None else groups[rows]
            options["initial_assignments"] = joined(groups)
        return joined(self.embed(self.searched(x, most))), options

    def assignments_by(self, x, z, found):
        """The clusters of prepared samples, after those of `searched_points`.

        Args:
            x: Prepared samples.
            z: Array `(m, dim)`, what clusters were looked for in.
            found: Integer array `(m,)`, the clusters of these.

        Returns:
            Integer array `(n,)`.
        """
        is_all = len(z) == len(x) and num_processes() == 1
        return found if is_all else self.assign(x)


class SampledTraining(SampledSearch):
    """A mixin of models that are trained by the graph of their samples.

    The graph of all of them may be too large, or take too long to find: then
    they are trained on a sample. What is trained is a network, which assigns
    the others as it does new ones.
    """

    max_samples = MOST_SEARCHED  # until compiled

    def compile(self, optimizer="auto", max_samples=MOST_SEARCHED, **kwargs):
        """Configures training.

        Args:
            optimizer: Keras optimizer, as the system's `compile` has it.
            max_samples: Integer, at least 1: of more samples, that many are
                drawn at random to train on. `None` takes all; their nearest
                neighbors are found approximately, which needs
                `pip install kerasdc[umap]`.
            **kwargs: Arguments of the system's `compile`.
        """
        sampled_rows(1, max_samples, 0)  # checks it
        self.max_samples = max_samples
        super().compile(optimizer, **kwargs)

    def get_compile_config(self):
        config = super().get_compile_config()
        return config and {**config, "max_samples": self.max_samples}

    def prepare(self, x, y=None, batch_size=None):
        """Checks training data; see `Preparation.prepare`.

        Args:
            x, y, batch_size: As there.

        Returns:
            The array to train on: a sample of `x` if that has more than
            `max_samples`.

        Warns:
            UserWarning: If it is a sample.
        """
        refuse_processes(type(self).__name__)
        array = super().prepare(x, y, batch_size)
        found = self.searched(array, self.max_samples)
        if found is not array:
            warnings.warn(
                f"{type(self).__name__} is trained on {len(found):,} of "
                f"{len(array):,} samples, drawn at random: see `max_samples` "
                "of `compile`.",
                stacklevel=3,
            )
        return found
