"""Training towards sharpened assignments of the model's own."""

from keras import ops

from kerasdc import losses
from kerasdc.targets import SelfTrainingTargets
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.mapped import blocks


class SelfTraining:
    """A mixin of `ClusteringModel`: targets P are made from its outputs Q.

    P is made of the assignments of all samples, clean ones, once per update
    interval; see `kerasdc.losses.target_distribution`. `compile` of a system
    calls `set_update_interval`.
    """

    target_powers = (2.0, 1.0)  # of Q, and of the frequencies
    update_interval = None

    def set_update_interval(self, update_interval):
        """Takes the argument `update_interval` of `compile`.

        Args:
            update_interval: Optional integer, steps from one refresh of P to
                the next, an epoch. `None` is one pass over the data.
        """
        if update_interval is not None:
            update_interval = checked_count("update_interval", update_interval)
        self.update_interval = update_interval

    def target_distribution(self, q, frequencies=None):
        """P for assignments Q, `(n, k)`; see `losses`."""
        return losses.target_distribution(q, *self.target_powers, frequencies)

    def training_batches(self, x, batch_size, shuffle=True):
        return _EpochTargets(
            self,
            x,
            batch_size,
            self.update_interval,
            shuffle=shuffle,
            seed=self._draw_seed(),
            count_steps=self._count_steps,
        )

    def scored_batches(self, x, batch_size):
        return SelfTrainingTargets(self, x, batch_size, shuffle=False)

    def divergence(self, x, batch_size, soft_assignment=None):
        """KL(P || Q) with P made from `x`.

        Args:
            x, batch_size, soft_assignment: As in `objective`.

        Returns:
            Float, at least 0.
        """
        q = soft_assignment
        if q is None:
            q = self.predict(x, batch_size=batch_size, verbose=0)
        frequencies, total = losses.soft_frequencies(q), 0.0
        for _, block in blocks(q):
            p = self.target_distribution(block, frequencies)
            divergence = losses.kl_divergence(p, ops.array(block))
            total += float(ops.sum(divergence))
        return max(total / len(q), 0.0)  # rounding takes it below


class _EpochTargets(SelfTrainingTargets):
    """From the Q that callbacks have found, if they have."""

    def soft_assignment(self):
        if self.model.training_assignments is None:
            self.model.epoch_assignments()  # those that labels change from
        return self.model.epoch_soft_assignment()
