import contextlib
import functools
import http.server
import os
import threading

import pytest
from zoo_samples import NAME
from zoo_samples import assert_close
from zoo_samples import change_metadata
from zoo_samples import weights_of

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


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@contextlib.contextmanager
def serve(folder):
    handler = functools.partial(_Silent, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "kerasdc" / "zoo"


def test_environment_names_an_address(own, cache, digits, monkeypatch):
    with serve(own.parent) as url:
        monkeypatch.setenv("KERASDC_ZOO", f"{url}/zoo/")
        assert kerasdc.list_models() == [NAME]
        loaded = kerasdc.load(NAME)
        assert zoo.verify(NAME)["num_files"] == 7
    expected = kerasdc.load(NAME, own).predict(digits.x[:9], verbose=0)
    assert_close(loaded.predict(digits.x[:9], verbose=0), expected)
    # The server is gone; what was downloaded stays.
    assert kerasdc.load(NAME).adapted
    assert not [p for p in cache.rglob("*") if p.suffix == ".part"]


def test_address_with_an_altered_file_is_refused(own, cache):
    path = weights_of(own)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with serve(own) as url:
        with pytest.raises(OSError, match="model.weights.h5.*altered"):
            kerasdc.load(NAME, url)
    assert not list(cache.rglob("*.h5"))


def test_address_with_a_traversal_is_refused(own, cache):
    change_metadata(own, lambda m: m["files"].update({"../../x": {"size": 1}}))
    zoo.location.write_index(own)
    with serve(own) as url:
        with pytest.raises(ValueError, match="outside of the model's folder"):
            kerasdc.load(NAME, url)


def test_new_publication_is_downloaded(own, cache):
    with serve(own) as url:
        kerasdc.load(NAME, url)
        change_metadata(own, lambda m: m["model"]["config"].update(seed=7))
        zoo.location.write_index(own)
        assert kerasdc.load(NAME, url).seed == 7


def test_silent_address_is_an_os_error(cache):
    with serve(cache.parent) as url:
        pass
    with pytest.raises(OSError, match="could not be downloaded"):
        kerasdc.load(NAME, url)
