"""The gallery's page and scripts, without a browser."""

import base64
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest

import kerasdc
from kerasdc.zoo import __main__ as command
from kerasdc.zoo.gallery import write_gallery

NAMES = ["dec_digits", "vade_digits", "tsne_mnist"]
RUNTIME = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
# A page has no more pictures and points than models.
LARGEST = 3_000_000


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder of a gallery, with a runtime that is none."""
    runtime = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME:
        (runtime / name).write_bytes(name.encode())
    folder = tmp_path_factory.mktemp("gallery")
    write_gallery(folder, runtime, NAMES)
    return folder


@pytest.fixture(scope="module")
def page(written):
    return (written / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def content(page):
    return json.loads(re.search(r"const GALLERY = (\{.*\});\n", page)[1])


def argument_of(path, number):
    """An argument of a script's only call."""
    text = path.read_text(encoding="utf-8")
    function, arguments = re.fullmatch(r"(\w+)\((.*)\);\n", text).groups()
    return json.loads(f"[{arguments}]")[number]


class _Tags(HTMLParser):
    """Elements that are open, and all ids."""

    VOID = {"meta", "link", "input", "br", "img"}

    def __init__(self):
        super().__init__()
        self.open, self.ids = [], []

    def handle_starttag(self, tag, attributes):
        self.ids += [v for k, v in attributes if k == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_complete(page):
    tags = _Tags()
    tags.feed(page)
    assert not tags.open and len(set(tags.ids)) == len(tags.ids)
    asked = set(re.findall(r'byId\("([\w-]+)"\)', page))
    assert asked <= set(tags.ids)
    # Nothing is fetched from elsewhere.
    assert not re.findall(r'(?:src|href)="(?!data:)[^"$]+"', page)


def test_facts_are_those_of_the_zoo(content):
    assert [m["name"] for m in content["models"]] == NAMES
    for model in content["models"]:
        info = kerasdc.info(model["name"])
        assert model["parameters"] == info.num_params
        means = {k: v["mean"] for k, v in model["scores"].items()}
        assert means == {k: v["mean"] for k, v in info.seeds.items()}
        assert sum(size for _, size, _ in model["files"]) == info.num_bytes
    assert content["results"]["usps"][0][2] == max(
        row[2] for row in content["results"]["usps"]
    )


def test_points_and_classes(content):
    model = content["models"][0]
    points, classes = model["points"], model["classes"]
    fitted, digits = kerasdc.load("dec_digits"), kerasdc.datasets.load("digits")
    assert np.sum(classes["table"]) == len(digits.y)
    clusters = fitted.assign(digits.x)
    for cluster, name in enumerate(classes["names"]):
        counts = np.bincount(digits.y[clusters == cluster])
        assert str(counts.argmax()) == name
        share = counts.max() / counts.sum()
        assert classes["shares"][cluster] == pytest.approx(share, abs=1e-3)
    axes, mean = np.array(points["axes"]), np.array(points["mean"])
    place = (fitted.embed(digits.x) - mean) @ axes
    for x, y in list(zip(points["x"], points["y"], strict=True))[:20]:
        if max(abs(x), abs(y)) < 1:
            assert np.abs(place - [x, y]).max(axis=1).min() < 2e-3


def test_scripts_hold_what_runs(written):
    import onnxruntime

    live = written / "live"
    module, binary = (argument_of(live / "runtime.js", i) for i in (0, 1))
    assert base64.b64decode(module).decode() == RUNTIME[0]
    assert base64.b64decode(binary).decode() == RUNTIME[1]
    model = kerasdc.load("dec_digits")
    digits = kerasdc.datasets.load("digits").x[:6].astype("float32")
    assert argument_of(live / "dec_digits.js", 0) == "dec_digits"
    graph = base64.b64decode(argument_of(live / "dec_digits.js", 1))
    session = onnxruntime.InferenceSession(graph)
    (found,) = session.run(["cluster"], {"inputs": digits})
    np.testing.assert_array_equal(found, model.assign(digits))


def test_what_generates_has_sliders(written, content):
    import onnxruntime

    maker = content["models"][1]["live"]["generator"]
    model = kerasdc.load("vade_digits")
    means = np.array(maker["means"], "float32")
    np.testing.assert_allclose(means, model.prior.means, atol=1e-4)
    assert np.shape(maker["axes"]) == (10, 3) and maker["dim"] == means.shape[1]
    path = written / "live" / "vade_digits_generator.js"
    graph = base64.b64decode(argument_of(path, 1))
    session = onnxruntime.InferenceSession(graph)
    (found,) = session.run(["samples"], {"inputs": means})
    # What a component's mean stands for is assigned to it.
    assert np.mean(model.assign(found) == np.arange(10)) >= 0.9
    assert "live" not in content["models"][2]


def test_digits_to_choose(content):
    samples = content["samples"]["digits"]
    assert (samples["size"], samples["highest"]) == (8, 16)
    assert samples["names"] == [str(i) for i in range(10)]
    images = np.array(samples["images"])
    assert images.shape == (10, 64) and images.max() == 255


def test_programs_can_be_read(page, tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not here")
    for script in re.findall(r"<script>\n(.*?)</script>", page, re.S):
        file = tmp_path / "script.js"
        file.write_text(script, encoding="utf-8")
        subprocess.run([node, "--check", str(file)], check=True)


def test_command_writes_a_page_without_models(tmp_path, capsys):
    command.main(["gallery", str(tmp_path / "g"), "--models", "dec_digits"])
    assert capsys.readouterr().out.strip() == str(tmp_path / "g" / "index.html")
    assert [path.name for path in (tmp_path / "g").iterdir()] == ["index.html"]


def test_a_runtime_that_is_none(tmp_path):
    with pytest.raises(FileNotFoundError, match="onnxruntime-web"):
        write_gallery(tmp_path / "g", tmp_path, NAMES[:1])


@pytest.mark.slow
def test_a_page_of_all_models_is_small(tmp_path):
    path = write_gallery(tmp_path)
    assert path.stat().st_size < LARGEST
