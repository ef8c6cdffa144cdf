import os

import pytest
from zoo_samples import NAME

import kerasdc
from kerasdc import zoo


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


def test_installed_package_without_a_zoo_says_so(tmp_path, monkeypatch):
    monkeypatch.delenv("KERASDC_ZOO", raising=False)
    package = tmp_path / "site-packages" / "kerasdc" / "__init__.py"
    monkeypatch.setattr(kerasdc, "__file__", str(package))
    monkeypatch.setattr(zoo.location, "DEFAULT_URL", None)
    with pytest.raises(FileNotFoundError, match="KERASDC_ZOO to the folder"):
        kerasdc.list_models()
    monkeypatch.setattr(zoo.location, "DEFAULT_URL", "https://zoo.example")
    assert zoo.location.source() == "https://zoo.example"


@pytest.mark.parametrize("zoo_dir", [3, b"zoo", ["zoo"], "a\0b"])
def test_zoo_is_a_path_or_an_address(zoo_dir):
    with pytest.raises(ValueError, match="must be a path.*Received: zoo_dir="):
        kerasdc.list_models(zoo_dir)
