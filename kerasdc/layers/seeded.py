"""Random draws that go on after a load as if nothing had happened."""


class Seeded:
    """Saves the state of `seed_generator` with a layer's weights.

    A mixin, to stand before the Keras class: Keras itself leaves the state
    out, so that a loaded layer would draw what it has drawn already.
    """

    def save_own_variables(self, store):
        super().save_own_variables(store)
        store["seed"] = self.seed_generator.state.numpy()

    def load_own_variables(self, store):
        store = {name: store[name] for name in store.keys()}
        seed = store.pop("seed", None)  # Keras' own files have none
        super().load_own_variables(store)
        if seed is not None:
            self.seed_generator.state.assign(seed)
