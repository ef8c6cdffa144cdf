"""Random draws that continue after a model is loaded."""


class Seeded:
    """Saves the state of `seed_generator` with a layer's weights.

    A mixin, to be listed before the Keras class. Keras does not save the
    state, so a loaded layer would repeat its first draws.
    """

    def save_own_variables(self, store):
        super().save_own_variables(store)
        store["seed"] = self.seed_generator.state.numpy()

    def load_own_variables(self, store):
        store = {name: store[name] for name in store.keys()}
        seed = store.pop("seed", None)  # not in files of plain Keras layers
        super().load_own_variables(store)
        if seed is not None:
            self.seed_generator.state.assign(seed)
