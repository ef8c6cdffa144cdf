import contextlib
import shutil

import numpy as np
import pytest
import systems
from sklearn.cluster import KMeans
from zoo_samples import LOAD

import kerasdc
from kerasdc import datasets
from kerasdc import zoo
from kerasdc.metrics import clustering_accuracy
from kerasdc.recipes import RECIPES
from kerasdc.recipes import get_recipe
from kerasdc.recipes import without_prose
from kerasdc.zoo import entry


def repository_models():
    with contextlib.suppress(FileNotFoundError):
        return zoo.list_models()
    return []


GENERATIVE = [name for name in repository_models() if "vade" in name]


def test_the_published_models_are_here():
    published = {"dec_digits", "dec_mnist", "dec_usps", "vade_mnist"}
    assert published <= set(repository_models())


@pytest.mark.parametrize("name", repository_models())
def test_entry_is_what_it_says(name, eagerly):
    """With its figures, where its data set is on this machine."""
    verified = zoo.verify(name)
    assert verified["difference"] <= 1e-5
    assert verified["figures"] or not name.endswith("_digits")


@pytest.mark.slow  # JAX compiles each operation for each shape
def test_entries_load_on_another_backend(run_python):
    """Without TensorFlow, and with the same outputs to 1e-5."""
    names = repository_models()
    printed = run_python(LOAD, ",".join(names), KERAS_BACKEND="jax")
    assert printed.splitlines() == [*names, "jax"]


@pytest.mark.parametrize("name", repository_models())
def test_entry_is_of_the_recipe_as_it_is_now(name):
    metadata = entry.read_metadata(zoo.location.entry_folder(name))
    dataset = metadata["dataset"]["name"]
    # Another may have become `best` since: then it has another name.
    names = [metadata["recipe"], *RECIPES[metadata["system"]][dataset]]
    recipes = [get_recipe(metadata["system"], dataset, name) for name in names]
    values = [without_prose(recipe) for recipe in recipes]
    assert metadata["hyperparameters"] in values
    recipe = recipes[values.index(metadata["hyperparameters"])]
    assert metadata["deviations"] == recipe["deviations"]


def test_generated_texts_are_those_of_the_results(tmp_path):
    here = zoo.location.local_folder()
    kinds = (".md", ".json", ".csv")
    texts = [path for path in here.rglob("*") if path.suffix in kinds]
    for path in texts:
        copy = tmp_path / "zoo" / path.relative_to(here)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    zoo.write_zoo_readme(tmp_path / "zoo")
    for path in texts:
        copy = tmp_path / "zoo" / path.relative_to(here)
        assert copy.read_text("utf-8") == path.read_text("utf-8"), path


def test_digits_are_five_points_above_kmeans_on_pixels():
    digits = datasets.load("digits")
    pixels = digits.x.reshape(len(digits.x), -1)
    baseline = [
        clustering_accuracy(
            digits.y,
            KMeans(10, n_init=4, random_state=seed).fit_predict(pixels),
        )
        for seed in range(2)
    ]
    ours = [
        row["accuracy"]
        for row in zoo.read_results()
        if (row["system"], row["dataset"], row["recipe"])
        == ("dec", "digits", "best")
    ]
    assert len(ours) == 5
    assert np.mean(ours) >= np.mean(baseline) + 0.05


def test_zoo_fits_a_repository():
    files = zoo.location.local_folder().rglob("*")
    assert sum(f.stat().st_size for f in files if f.is_file()) < 120e6


@pytest.mark.parametrize("name", GENERATIVE)
def test_entry_tells_outliers_from_its_data(name):
    metadata = entry.read_metadata(zoo.location.entry_folder(name))
    outliers = metadata["outliers"]
    assert "uniform noise" in outliers
    assert all(auroc >= 0.95 for auroc in outliers.values()), outliers
    if name == "vade_mnist":
        assert "fashion_mnist" in outliers


@pytest.mark.parametrize(
    "name", systems.by_default("vade_digits", of=GENERATIVE)
)
def test_generated_samples_belong_to_their_cluster(name, eagerly):
    model = kerasdc.load(name)
    clusters = range(model.num_clusters)
    samples = [model.generate(200, c, seed=c) for c in clusters]
    assigned = model.assign(np.concatenate(samples)).reshape(-1, 200)
    shares = (assigned == np.arange(len(assigned))[:, None]).mean(axis=1)
    assert (shares >= 0.95).all()
