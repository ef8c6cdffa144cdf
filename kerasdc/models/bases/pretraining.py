"""Models whose encoder is first trained by itself."""

import keras

from kerasdc import networks
from kerasdc.callbacks.checks import check_callbacks
from kerasdc.callbacks.divergence import diverged
from kerasdc.layers.adaptable import add_flag
from kerasdc.losses import likelihoods
from kerasdc.models.bases.adapted_layer import AdaptedLayer
from kerasdc.models.bases.autoencoder import Autoencoder
from kerasdc.models.bases.neighbor_embedding import STEPS_PER_EPOCH
from kerasdc.models.bases.neighbor_embedding import NeighborEmbedding
from kerasdc.models.bases.neighbor_embedding import check_options
from kerasdc.models.bases.parts import check_range
from kerasdc.models.bases.sampled_training import refuse_processes
from kerasdc.models.bases.scopes import strategy_scope
from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_flag
from kerasdc.utils.lookups import checked_loss
from kerasdc.utils.lookups import is_auto
from kerasdc.utils.sampled_rows import MOST_SEARCHED

_METHODS = {"autoencoder": None, "neighbors": NeighborEmbedding}


class Pretraining(AdaptedLayer):
    """A mixin of `EncoderModel`: two trainings, `pretrain`, then `fit`.

    `build_head` of a system calls `add_pretrained_flag`. A system whose
    decoder's outputs are parameters of a distribution calls `set_likelihood`.
    """

    pretrain_method = "autoencoder"  # until compiled

    # === Networks ===

    def set_likelihood(self, likelihood):
        """Takes the argument `likelihood` of the constructor.

        Args:
            likelihood: `"bernoulli"` or `"gaussian"`.

        Raises:
            ValueError: If there is no such likelihood.
        """
        self.likelihood = likelihoods.get(likelihood)
        self.likelihood_name = likelihood
        if self.likelihood is likelihoods.Bernoulli:
            self.scaling_target = "maximum"  # features are then from 0 to 1

    def default_networks(self, shape):
        return networks.mlp_encoder(shape), networks.mlp_decoder(shape)

    def add_pretrained_flag(self):
        """Makes the weight that says whether `pretrain` was done."""
        self._pretrained = add_flag(self, "pretrained")

    def mark_pretrained(self):
        """Says that the encoder was trained: `fit` then does not do it."""
        self._pretrained.assign(1)

    @property
    def pretrained(self):
        """Whether the encoder was trained (kept when saved)."""
        if self.built and bool(self._pretrained.numpy()):
            return True
        # What has no decoder could not be trained as an autoencoder.
        alone = self.encoder is not None and self.decoder is None
        return alone and self.pretrain_method == "autoencoder"

    # === Training ===

    def compile(
        self,
        optimizer="auto",
        pretrain_optimizer="auto",
        reconstruction_loss="auto",
        pretrain_method="autoencoder",
        augmented=True,
        **kwargs,
    ):
        """Configures both trainings.

        Args:
            optimizer: Keras optimizer of `fit`. `"auto"` is
                `default_optimizer()`.
            pretrain_optimizer: Keras optimizer of `pretrain`. `"auto"` is
                Adam with a learning rate of 0.001; for `"neighbors"`, of
                0.003 that falls to 0 along a cosine.
            reconstruction_loss: Keras loss of the decoder in `pretrain`.
                `"auto"` is that of the likelihood, or the mean squared error.
            pretrain_method: What `pretrain` trains the encoder as:
                `"autoencoder"`, half of one, as the papers do; or
                `"neighbors"`, an embedding in which neighbors are near, see
                `NeighborEmbedding`. The latter needs no decoder, and trains
                an encoder that comes without one.
            augmented: Boolean. Whether `fit` sees augmented samples, as
                `pretrain` and `adapt` do, where there is an `augmentation`.
            **kwargs: Further arguments of `keras.Model.compile`.
        """
        self.pretrain_method = checked_choice(
            "pretrain_method", pretrain_method, _METHODS
        )
        self.augmented = checked_flag("augmented", augmented)
        self.pretrain_optimizer = self._pretrain_optimizer(pretrain_optimizer)
        self.reconstruction_loss = self._chosen_loss(reconstruction_loss)
        super().compile(optimizer=optimizer, **kwargs)

    def _pretrain_optimizer(self, optimizer):
        if not is_auto(optimizer):
            return self._optimizer("pretrain_optimizer", optimizer)
        if self.pretrain_method == "neighbors":
            return optimizer  # its schedule ends with the training
        return keras.optimizers.Adam(1e-3)

    def _chosen_loss(self, loss):
        if is_auto(loss):
            loss = "mean_squared_error"
            if self.likelihood is not None:
                loss = self.likelihood.reconstruction_loss
        return checked_loss("reconstruction_loss", loss)

    def pretrain(
        self,
        x,
        epochs=50,
        batch_size=256,
        callbacks=None,
        verbose="auto",
        validation_data=None,
        **kwargs,
    ):
        """Trains the encoder, and the decoder, by `pretrain_method`.

        Clusters found before are forgotten, for the embedding has moved:
        `fit` looks for new ones.

        Args:
            x: Training samples.
            epochs: Integer, passes over the data; of `"neighbors"`, each 100
                steps (`steps_per_epoch`), whatever the data.
            batch_size: Integer, samples of a step; of `"neighbors"`, at least
                4.
            callbacks: Keras callbacks of this stage.
            verbose: As in `keras.Model.fit`.
            validation_data: Optional samples on which the loss of the
                autoencoder is reported.
            **kwargs: Further arguments of `Autoencoder.fit`, or
                `NeighborEmbedding.fit`; of `"neighbors"` also `num_neighbors`
                and `shifts`, see `DataGraph.neighbor_graph`, and
                `max_samples`, see `AdaptedLayer.adapt_layer`.

        Returns:
            The stage's `History`.

        Raises:
            ValueError: If there is no decoder for an autoencoder, the model
                is not compiled, or an argument is not usable.
        """
        self._check_compiled("pretrain")
        epochs = checked_count("epochs", epochs, minimum=0)
        batch_size = checked_count("batch_size", batch_size)
        steps = kwargs.get("steps_per_epoch", STEPS_PER_EPOCH)
        if self.pretrain_method == "neighbors":
            check_options(batch_size, steps, validation_data)
        else:
            self._check_decoder("pretrain")
        validation = self._checked_validation(validation_data, batch_size)
        x = self.prepare(x, kwargs.pop("y", None))
        if self.pretrain_method == "neighbors" and "graph" not in kwargs:
            refuse_processes("`pretrain` by neighbors")
            x = self.searched(x, kwargs.pop("max_samples", MOST_SEARCHED))
            kwargs = self.with_graph(x, kwargs)
        if validation is not None:
            validation = (self._scorable(validation),)
        network = self._pretrained_network(epochs, steps)
        check_callbacks(callbacks, network, x)
        history = network.fit(
            x,
            epochs=epochs,
            batch_size=batch_size,
            callbacks=callbacks,
            verbose=verbose,
            validation_data=validation,
            **kwargs,
        )
        if not diverged(history):
            self.mark_pretrained()
            self.forget_clusters()
        return history

    def _pretrained_network(self, epochs, steps_per_epoch):
        """What `pretrain` fits: a model that the encoder is a part of."""
        optimizer = self.pretrain_optimizer
        if is_auto(optimizer):
            num_steps = epochs * steps_per_epoch
            optimizer = NeighborEmbedding.optimizer_for(num_steps)
        kind = _METHODS[self.pretrain_method] or self.autoencoder_class()
        with strategy_scope(self):
            network = kind(
                self.encoder,
                self.decoder,
                self.preprocessor,
                self.augmentation,
                reconstruction_loss=self.reconstruction_loss,
                seed=self._draw_seed(),
            )
            # A new one: an optimizer serves one training.
            network.compile(
                optimizer.from_config(optimizer.get_config()),
                jit_compile=self.jit_compile,
            )
        return network

    def autoencoder_class(self):
        """`Autoencoder`, or a subclass; called with its arguments."""
        return Autoencoder

    def complete_stages(self, x, batch_size, verbose):
        """Pretrains and adapts, each where it was not done yet.

        Args:
            x: Prepared training data.
            batch_size: Integer, of `pretrain`.
            verbose: Of both, as in `keras.Model.fit`.

        Raises:
            ValueError: If clusters were found in an embedding that is yet to
                be trained: `pretrain` would forget them.
        """
        if self.adapted and not self.pretrained:
            raise ValueError(
                "`pretrain` forgets the clusters of `adapt`: call it before, "
                "with epochs=0 if the encoder is already pretrained. "
                "Received: adapted=True, pretrained=False"
            )
        self.pretrain_once(x, batch_size, verbose)
        if not self.adapted:
            self.adapt(x, verbose=verbose)

    def pretrain_once(self, x, batch_size, verbose):
        """Pretrains where it was not done yet.

        Args:
            x, batch_size, verbose: As in `complete_stages`.

        Raises:
            ValueError: If that diverges.
        """
        if self.pretrained:
            return
        self.pretrain(x, batch_size=batch_size, verbose=verbose)
        if not self.pretrained:
            raise ValueError(
                "`fit` stops: pretraining diverged; lower the learning rate of "
                "`pretrain_optimizer`."
            )

    # === Config, checks ===

    def get_config(self):
        config = super().get_config()
        if self.likelihood is not None:
            config["likelihood"] = self.likelihood_name
        return config

    def get_compile_config(self):
        config = super().get_compile_config()
        if config:
            serialize = keras.saving.serialize_keras_object
            config["pretrain_method"] = self.pretrain_method
            config["augmented"] = self.augmented
            config["pretrain_optimizer"] = serialize(self.pretrain_optimizer)
            config["reconstruction_loss"] = serialize(self.reconstruction_loss)
        return config

    def _check_decoder(self, verb):
        if self.encoder is not None and self.decoder is None:
            raise ValueError(
                f"`{verb}` needs a decoder; an encoder without one counts as "
                "pretrained. Received: decoder=None"
            )

    # Where p(x | z) is not defined, these raise.

    def _check_enough(self, array):
        super()._check_enough(array)
        self._check_range(array)

    def _scorable(self, x):
        array = super()._scorable(x)
        self._check_range(array)
        return array

    def _check_range(self, array):
        if self.likelihood is likelihoods.Bernoulli:
            check_range(array, self.preprocessor)
