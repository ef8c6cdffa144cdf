import contextlib

import numpy as np
import pytest

import kerasdc
from kerasdc import zoo
from kerasdc.zoo import card
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
def test_entry_is_what_it_says(name):
    verified = zoo.verify(name, figures=False)
    assert verified["difference"] <= 1e-5


@pytest.mark.parametrize("name", repository_models())
def test_entry_scores_what_it_says(name):
    if zoo.verify(name)["figures"] is None:
        pytest.skip("its data set is not here")


@pytest.mark.parametrize("name", repository_models())
def test_card_is_the_generated_one(name):
    folder = zoo.location.entry_folder(name)
    text = (folder / entry.CARD).read_text(encoding="utf-8")
    assert text == card.card(entry.read_metadata(folder))


@pytest.mark.parametrize("name", GENERATIVE)
def test_entry_tells_outliers_from_its_data(name):
    metadata = entry.read_metadata(zoo.location.entry_folder(name))
    outliers = metadata["outliers"]
    assert "uniform noise" in outliers
    assert all(auroc >= 0.95 for auroc in outliers.values()), outliers
    if name == "vade_mnist":
        assert "fashion_mnist" in outliers


@pytest.mark.parametrize("name", GENERATIVE)
def test_generated_samples_belong_to_their_cluster(name):
    model = kerasdc.load(name)
    for cluster in range(model.num_clusters):
        samples = model.generate(200, cluster, seed=cluster)
        assert np.mean(model.assign(samples) == cluster) >= 0.95
