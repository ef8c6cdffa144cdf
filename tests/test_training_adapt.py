"""The trainings inside `adapt` go on after a kill, as the stages do."""

import numpy as np
import pytest
import small_runs
import systems


def _restarts(recipe):
    recipe["network"]["filters"] = [4, 8]
    recipe["batch_size"] = 150
    recipe["adapt"]["restarts"].update(num=2, epochs=2, samples=150)


def _self_training(recipe):
    recipe["network"]["units"] = [16]
    recipe["batch_size"] = 150
    recipe["augmentation"] = {"shift": 0.1, "rotation": 10.0}
    recipe["adapt"].update(method="kmeans", num_restarts=1)
    recipe["adapt"]["self_training"].update(epochs=2, decoder_epochs=2)


SHORTEN = {"dac": _restarts, "vade": _self_training}
TRAININGS = {
    "dac": ("restart_1", "restart_2"),
    "vade": ("encoder", "decoder"),
}


def train(out, system, resume=False):
    options = {"system": system, "shorten": SHORTEN[system]}
    options.update(pretrain_epochs=1, epochs=1, resume=resume)
    with small_runs.backed_up() as done, systems.eager():
        return small_runs.train(out, **options), done


@pytest.mark.filterwarnings("ignore:(Cluster|Component) .* (is|has|collapses)")
@pytest.mark.parametrize("system", systems.by_default("dac", of=SHORTEN))
def test_killed_run_ends_as_one_that_was_not(tmp_path, system):
    first, second = TRAININGS[system]
    whole, done = train(tmp_path / "whole", system)
    expected = [(first, 0), (first, 1), (second, 0), (second, 1), ("fit", 0)]
    assert done[-5:] == expected
    out = tmp_path / "out"
    with small_runs.stopped_by(small_runs.interrupt, second, 1):
        with pytest.raises(KeyboardInterrupt):
            train(out, system)
    resumed, done = train(out, system, resume=True)
    assert done == expected[3:]
    np.testing.assert_array_equal(
        resumed.outputs.soft_assignment, whole.outputs.soft_assignment
    )
    assert small_runs.stages_of(out) == small_runs.stages_of(whole.out)
    # As many as there are restarts: they are not kept.
    assert not (out / "backup" / "adapt").exists()
