import json

import keras
import numpy as np
import pytest

from kerasdc import recipes
from kerasdc.datasets import list_names
from kerasdc.datasets.catalogue import ENTRIES
from kerasdc.models import SYSTEMS
from kerasdc.runs import building


@pytest.mark.parametrize("name", recipes.list_recipes())
def test_recipes_are_plain_values_for_known_sets(name):
    system, dataset, _ = name
    values = recipes.get_recipe(*name)
    assert json.loads(json.dumps(values)) == values
    assert values["deviations"]
    assert system in SYSTEMS
    assert dataset in list_names()


def test_every_system_and_set_has_best_and_paper():
    for datasets in recipes.RECIPES.values():
        for by_name in datasets.values():
            assert {"paper", "best"} <= set(by_name)


def test_every_system_has_recipes_and_says_what_it_lowers():
    assert set(recipes.RECIPES) == set(SYSTEMS)
    assert set(recipes.OBJECTIVES) == set(SYSTEMS)
    assert all(recipes.OBJECTIVES.values())
    assert set(recipes.PUBLISHED_SPLITS.values()) == {"all", "test"}


def test_paper_short_is_a_fifth_of_the_steps_and_nothing_else():
    paper = recipes.get_recipe("dec", "mnist", "paper")
    short = recipes.get_recipe("dec", "mnist", "paper_short")
    for stage in ("layerwise", "pretrain"):
        long_values, short_values = paper.pop(stage), short.pop(stage)
        assert long_values["num_steps"] == 5 * short_values["num_steps"]
        rate = long_values["optimizer"]["learning_rate"]
        short_rate = short_values["optimizer"]["learning_rate"]
        assert rate["decay_steps"] == 5 * short_rate["decay_steps"]
    assert short.pop("deviations")[:-1] == paper.pop("deviations")
    assert paper == short


def test_a_copy_is_returned():
    recipes.get_recipe("dec", "mnist")["fit"]["epochs"] = -1
    assert recipes.get_recipe("dec", "mnist")["fit"]["epochs"] > 0


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            ("dek", "mnist"),
            "closest names are 'dec'. Received: system='dek'",
        ),
        (("dec", "mnits"), "mnist.*Received: dataset='mnits'"),
        (("dec", "mnist", "bset"), "best.*Received: recipe='bset'"),
    ],
)
def test_unknown_names_list_the_closest(arguments, message):
    with pytest.raises(ValueError, match=message):
        recipes.get_recipe(*arguments)


def test_optimizer_whose_rate_falls_in_steps():
    values = recipes.get_recipe("dec", "mnist", "paper")["pretrain"]
    optimizer = building.build_optimizer(values["optimizer"], num_steps=1)
    schedule = optimizer._learning_rate
    rates = [float(schedule(step)) for step in (0, 19_999, 20_000, 40_000)]
    assert np.allclose(rates, [0.1, 0.1, 0.01, 0.001])
    assert optimizer.momentum == 0.9


def test_cosine_ends_with_the_stage():
    recipe = {
        "batch_size": 10,
        "fit": {
            "epochs": 4,
            "optimizer": {"name": "adam", "learning_rate": {"initial": 0.2}},
        },
    }
    optimizer = building.stage_optimizer(recipe, "fit", np.zeros((95, 2)))
    rates = [float(optimizer._learning_rate(step)) for step in (0, 20, 40)]
    assert np.allclose(rates, [0.2, 0.1, 0.0])


def samples_of(dataset):
    """A few, of the shape and kind that the data set has."""
    known = ENTRIES[dataset]
    if known.kind == "text":
        texts = [f"red word{i} word{i + 1} green" for i in range(70)]
        return np.array(texts, object)
    values = np.random.default_rng(0).uniform(size=(70, *known.shape))
    return (values * known.value_range[1]).astype("float32")


@pytest.mark.parametrize(
    ("system", "dataset"),
    sorted({(name[0], name[1]) for name in recipes.list_recipes()}),
)
def test_best_is_the_network_that_it_names(system, dataset, eagerly):
    recipe = recipes.get_recipe(system, dataset, "best")
    x = samples_of(dataset)
    num_clusters = len(ENTRIES[dataset].class_counts or range(4))
    model = building.build_model(system, recipe, x, num_clusters, seed=0)
    model.prepare(x)
    layers = model.encoder._flatten_layers()
    kernels = [len(w.shape) for layer in layers for w in layer.weights]
    assert (4 in kernels) == ("conv" in recipe["network"]["kind"])
    assert model.latent(x).shape[0] == len(x)
    if model.decoder is not None:
        features = np.shape(model.features(model.as_inputs(x)))
        assert model.reconstruct(x).shape == features


def test_paper_model_of_mnist_is_the_papers():
    x = np.zeros((4, 28, 28), "uint8")
    recipe = recipes.get_recipe("dec", "mnist", "paper")
    model = building.build_model("dec", recipe, x, 10, seed=0)
    widths = [
        layer.units
        for layer in model.encoder.layers
        if isinstance(layer, keras.layers.Dense)
    ]
    assert widths == [500, 500, 2000, 10]
    assert model.get_compile_config()["update_interval"] == 160
    features = model.features(np.full((1, 28, 28), 255, "uint8"))
    assert np.allclose(features, 5.1)
    kernel = np.asarray(model.encoder.layers[-2].kernel)
    assert np.std(kernel) == pytest.approx(0.01, rel=0.01)


def test_paper_dcn_starts_as_if_its_weights_were_tied():
    """Else the layer from 10 to 2,000 units diverges."""
    recipe = recipes.get_recipe("dcn", "mnist", "paper")
    model = building.build_model("dcn", recipe, np.zeros((1, 28, 28)), 10, 0)

    def spreads(network):
        return [np.std(w) for w in network.get_weights() if w.ndim == 2]

    encoder = spreads(model.encoder)
    np.testing.assert_allclose(encoder[-1], 2000**-0.5, rtol=0.03)
    decoder = spreads(model.decoder)[::-1]
    np.testing.assert_allclose(decoder, encoder, rtol=0.03)


def test_paper_vade_is_the_authors_code():
    x = np.random.default_rng(0).integers(0, 256, (40, 28, 28), "uint8")
    recipe = recipes.get_recipe("vade", "mnist", "paper")
    model = building.build_model("vade", recipe, x, 10, seed=0)
    compiled = model.get_compile_config()
    assert compiled["decay"] == 0.9
    assert compiled["fixed_weights"]
    assert float(model.optimizer.learning_rate) == pytest.approx(0.002)
    assert model.likelihood_name == "bernoulli"
    assert recipe["fit"]["epochs"] == 3000


def test_paper_imsat_is_the_authors_code():
    x = np.random.default_rng(0).integers(0, 256, (40, 28, 28), "uint8")
    recipe = recipes.get_recipe("imsat", "mnist", "paper")
    model = building.build_model("imsat", recipe, x, 10, seed=0)
    assert model.augmentation == "vat"
    expected = {
        "information_weight": 0.1,
        "marginal_weight": 4.0,
        "prior_tolerance": 0.0,
        "radius_factor": 0.25,
        "xi": 10.0,
    }
    assert {name: getattr(model, name) for name in expected} == expected
    assert float(model.optimizer.learning_rate) == pytest.approx(0.002)
    assert (recipe["batch_size"], recipe["fit"]["epochs"]) == (250, 50)
    features = model.features(np.full((1, 28, 28), 255, "uint8"))
    assert np.allclose(features, 255 / 128)


def test_several_augmentations():
    x = np.zeros((12, 16, 16), "float32")
    recipe = recipes.get_recipe("imsat", "usps", "best")
    model = building.build_model("imsat", recipe, x, 10, seed=3)
    name, layer = model.augmentation
    assert name == "vat"
    assert (layer.shift, layer.rotation, layer.seed) == (0.1, 15.0, 3)
    assert (layer.shear, layer.zoom) == (20.0, 0.15)


def test_falling_shares_are_those_of_the_data():
    recipe = recipes.get_recipe("imsat", "mnist_imbalanced", "best")
    prior = np.array(recipe["model"]["class_prior"])
    assert prior.sum() == pytest.approx(1)
    assert prior[-1] == pytest.approx(prior[0] / 10)
    counts = np.array(ENTRIES["mnist_imbalanced"].class_counts)
    assert abs(prior - counts / counts.sum()).max() < 0.03


def test_restarts_train_in_the_recipes_batches():
    recipe = recipes.get_recipe("dac", "digits", "best")
    x = np.zeros((300, 8, 8), "float32")
    restarts = building.adapt_arguments(recipe, x)["restarts"]
    schedule = restarts.pop("optimizer")._learning_rate
    assert float(schedule(80 * 3)) == 0 < float(schedule(80 * 3 - 1))
    assert restarts == {"num": 5, "epochs": 80, "batch_size": 128}


def test_schedules_of_restarts_end_with_them():
    recipe = {
        "batch_size": 10,
        "adapt": {
            "restarts": {
                "num": 2,
                "epochs": 3,
                "samples": 45,
                "optimizer": {
                    "name": "adam",
                    "learning_rate": {"initial": 1.0},
                },
            }
        },
    }
    for num_samples, steps in ((100, 3 * 5), (25, 3 * 3)):
        x = np.zeros((num_samples, 2), "float32")
        restarts = building.adapt_arguments(recipe, x)["restarts"]
        schedule = restarts["optimizer"]._learning_rate
        assert float(schedule(steps)) == 0
        assert float(schedule(steps - 1)) > 0
    assert recipe["adapt"]["restarts"]["optimizer"]["name"] == "adam"


def test_texts_stay_in_full_precision():
    """Neighbors, say, are looked for among these features."""
    recipe = recipes.get_recipe("imsat", "reuters21578")
    texts = np.array(["oil price", "oil export", "wheat price"] * 4, object)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = building.build_model("imsat", recipe, texts, 2, seed=0)
        features = np.asarray(model.preprocessor(texts[:, None]))
    finally:
        keras.config.set_dtype_policy(policy)
    assert features.dtype == "float32"
