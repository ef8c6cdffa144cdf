import os
import pathlib
import shutil

import pytest
from zoo_samples import NAME

import kerasdc
from kerasdc import zoo
from kerasdc.zoo.location import BUNDLED
from kerasdc.zoo.location import DEFAULT_URL


def test_environment_names_a_folder(published, tmp_path, monkeypatch):
    monkeypatch.setenv("KERASDC_ZOO", str(published))
    assert kerasdc.list_models() == [NAME]
    assert kerasdc.load(NAME).adapted
    monkeypatch.setenv("KERASDC_ZOO", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match="Received: zoo='.*none'"):
        kerasdc.list_models()


def test_checkout_is_the_default(monkeypatch):
    monkeypatch.delenv("KERASDC_ZOO", raising=False)
    root = os.path.dirname(os.path.dirname(kerasdc.__file__))
    assert str(zoo.location.source()) == os.path.join(root, "zoo")


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The package as if installed, with a small model in it."""
    monkeypatch.delenv("KERASDC_ZOO", raising=False)
    checkout = pathlib.Path(kerasdc.__file__).parents[1]
    package = tmp_path / "site-packages" / "kerasdc"
    place = package / "zoo"
    place.mkdir(parents=True)
    shutil.copy(checkout / "kerasdc" / "zoo" / "digests.json", place)
    without = shutil.ignore_patterns("saved_model")
    bundled = place / BUNDLED / NAME
    shutil.copytree(checkout / "zoo" / NAME, bundled, ignore=without)
    monkeypatch.setattr(kerasdc, "__file__", str(package / "__init__.py"))
    return bundled


def test_installed_package_has_small_models(installed):
    assert zoo.location.source() == DEFAULT_URL
    assert {NAME, "dec_mnist"} <= set(kerasdc.list_models())
    assert kerasdc.load(NAME).adapted
    assert zoo.verify(NAME, figures=False)["difference"] <= 1e-5


@pytest.mark.parametrize("file", ["metadata.json", "model.weights.h5"])
def test_an_altered_small_model_is_refused(file, installed):
    content = (installed / file).read_bytes()
    (installed / file).write_bytes(content[:-1] + b"x")
    with pytest.raises(ValueError, match="truncated or altered"):
        kerasdc.load(NAME)


def test_other_models_come_from_the_release(installed, monkeypatch):
    asked = []

    def download(url, name):
        asked.append((url, name))
        return installed

    monkeypatch.setattr(zoo.location.remote, "download", download)
    zoo.location.entry_folder("dec_mnist")
    assert asked == [(DEFAULT_URL, "dec_mnist")]
    assert f"v{kerasdc.__version__}/" in DEFAULT_URL


@pytest.mark.parametrize("zoo_dir", [3, b"zoo", ["zoo"], "a\0b"])
def test_zoo_is_a_path_or_an_address(zoo_dir):
    with pytest.raises(ValueError, match="must be a path.*Received: zoo_dir="):
        kerasdc.list_models(zoo_dir=zoo_dir)
