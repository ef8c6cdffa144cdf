import base64
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import small_runs
from sklearn.datasets import load_digits

from kerasdc import networks
from kerasdc.models import DEC
from kerasdc.models import ClusteringModel
from kerasdc.models import ParametricTSNE
from kerasdc.report import Outputs
from kerasdc.report import contents
from kerasdc.report import write_report

HOSTILE = "<script>alert('1')</script> & \"x\""


class Page(HTMLParser):
    """Collects headings, images and visible text; checks nesting."""

    def __init__(self, source):
        super().__init__()
        self.source = source
        self.open, self.tags, self.images = [], [], []
        self.headings, self.text = [], ""
        self.feed(source)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attributes))
        if tag not in ("img", "meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


class FakeModel(ClusteringModel):
    """Three clusters by the remainder of the row number."""

    def __init__(self, dim=2):
        super().__init__()
        self.dim = dim

    def predict(self, x, batch_size, verbose):
        q = np.full((len(x), 4), 0.1, "float32")
        rows = np.arange(len(x))
        q[rows, rows % 3] = 0.5 + 0.1 * rows / len(x)
        return q

    def embed(self, x):
        return np.random.default_rng(0).random((len(x), self.dim))

    def count_params(self):
        return 1234


def write(folder, *args, model=None, **kwargs):
    path = folder / "report.html"
    write_report(path, model or FakeModel(), *args, **kwargs)
    assert [p.name for p in folder.iterdir()] == ["report.html"]
    return Page(path.read_text(encoding="utf-8"))


def test_report_of_a_trained_model(tmp_path, eagerly):
    x, y = load_digits(return_X_y=True)
    images = x[:300].reshape(-1, 8, 8).astype("uint8")
    keras.utils.set_random_seed(0)
    encoder = networks.mlp_encoder((8, 8), units=(32,))
    decoder = networks.mlp_decoder((8, 8), units=(32,))
    model = DEC(10, encoder, decoder, seed=0)
    model.compile()
    model.pretrain(images, epochs=2, verbose=0)
    history = model.fit(images, epochs=2, verbose=0)
    page = write(
        tmp_path,
        images,
        y[:300],
        model=model,
        log=history,
        config={"dataset": "digits", "optimizer": {"name": "adam"}},
        metrics={"objective": 0.123456, "seconds": 75.2, "test_nmi": None},
    )
    assert page.headings == [
        "Summary",
        "How it was made",
        "Training",
        "What the clusters hold",
        "Embedding",
        "Classes and clusters",
        "Sizes of the clusters",
    ]
    assert "DEC on digits" in page.text
    assert "300 samples (8 × 8)" in page.text
    assert "optimizer.name" in page.text
    assert "0.12346" in page.text and "1 min 15 s" in page.text
    assert "test_nmi" not in page.text
    assert len(page.images) == 5
    check_images(page)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"log": "log.csv"}, "Received: log='log.csv'"),
        ({"log": [1.0, 2.0]}, r"Received: log=\[1.0, 2.0\]"),
        ({"path": "gs://bucket/report.html"}, "`path` must be a path of this"),
        ({"path": ""}, "Received: path=''"),
    ],
)
def test_bad_arguments_are_named(arguments, message, tmp_path):
    arguments = {"path": tmp_path / "report.html", **arguments}
    with pytest.raises(ValueError, match=message):
        write_report(model=FakeModel(), x=np.zeros((6, 2)), **arguments)
    assert list(tmp_path.iterdir()) == []


def check_images(page):
    for image in page.images:
        kind, data = image["src"].split(",")
        assert kind == "data:image/png;base64"
        assert base64.b64decode(data, validate=True).startswith(b"\x89PNG")
        assert len(image["alt"]) > 10
    without_data = re.sub(r"base64,[^']*", "", page.source)
    assert not re.search(r"https?://|url\(|@import|<script", without_data)


@pytest.fixture(scope="module", autouse=True)
def quick_pictures():
    with small_runs.quick_pictures():
        yield


@pytest.fixture(scope="module")
def tsne():
    """A t-SNE of digits that has a decoder, fitted for a moment."""
    keras.utils.set_random_seed(0)
    model = ParametricTSNE(
        encoder=networks.mlp_encoder((8, 8), (32,), 2),
        decoder=networks.mlp_decoder((8, 8), (32,), 2),
        perplexity=10,
        seed=0,
    )
    model.compile()
    model.fit(load_digits().images[:100], epochs=2, verbose=0)
    return model


def test_report_of_a_model_without_clusters(tmp_path, tsne):
    x, y = load_digits(return_X_y=True)
    figures = {"neighbor_error": 0.25, "trustworthiness": 0.98765}
    page = write(
        tmp_path,
        x[:100].reshape(-1, 8, 8),
        y[:100],
        model=tsne,
        log=[{"stage": "fit", "epoch": 1, "loss": 2.0}],
        config={"dataset": "digits", "perplexity": 10},
        metrics={**figures, "objective": 0.5, "seconds": 75.2, "nmi": None},
    )
    assert page.headings == [
        "Summary",
        "How it was made",
        "Training",
        "Embedding",
        "What lies where",
    ]
    assert "ParametricTSNE on digits" in page.text
    assert "An embedding of 100 samples (8 × 8)" in page.text
    assert "0.2500" in page.text and "0.9877" in page.text
    assert "of another class" in page.text and "1 min 15 s" in page.text
    assert "cluster" not in page.text.lower()
    assert "cluster" not in "".join(image["alt"] for image in page.images)
    assert [image["alt"].split()[0] for image in page.images] == [
        "Curves",
        "Scatter",
        "Images",
    ]
    assert page.images[1]["alt"].endswith("colored by class.")
    check_images(page)


def test_embedding_without_labels_is_drawn_plain(tmp_path, tsne):
    page = write(tmp_path, load_digits().images[:50], model=tsne)
    assert page.headings == ["Summary", "Embedding", "What lies where"]
    assert page.images[0]["alt"] == "Scatter of the embedding."
    assert "class" not in page.text.lower()
    check_images(page)


def test_plane_is_inverted_over_the_picture_of_the_embedding(
    tmp_path, tsne, monkeypatch
):
    asked = []

    def inverse(z):
        asked.append(z)
        return np.zeros((len(z), 8, 8))

    x = load_digits().images[:50]
    monkeypatch.setattr(tsne, "inverse", inverse)
    write(tmp_path, x, model=tsne)
    (points,) = asked
    z = tsne.embed(x)
    # Whole in the picture, and up to its edges: the longer side's.
    sides, asked_for = np.ptp(z, axis=0), np.ptp(points, axis=0)
    assert asked_for == pytest.approx(1.08 * sides.max() * 15 / 16, rel=1e-5)
    middle = (z.min(axis=0) + z.max(axis=0)) / 2
    np.testing.assert_allclose(points.mean(axis=0), middle, atol=1e-5)


def test_plane_needs_a_decoder_images_and_two_dimensions():
    def shown(model, x):
        model.prepare(x)
        model._fitted.assign(1)  # as after `fit`
        return "What lies where" in contents.plane(Outputs(model, x))

    def untrained(shape, dim, decoder=True):
        return ParametricTSNE(
            dim,
            networks.mlp_encoder(shape, (8,), dim),
            networks.mlp_decoder(shape, (8,), dim) if decoder else None,
        )

    x = load_digits().images[:40]
    assert shown(untrained((8, 8), 2), x)
    assert not shown(untrained((8, 8), 2, decoder=False), x)
    assert not shown(untrained((64,), 2), x.reshape(40, 64))
    assert not shown(untrained((8, 8), 3), x)


def test_what_a_model_generates_is_shown(tmp_path):
    class Generator(FakeModel):
        num_clusters = 4  # one of them empty

        def generate(self, num, cluster, seed):
            return np.full((num, 8, 8), cluster)

        def interpolate(self, x1, x2, steps):
            return np.repeat(x1[:, None], steps, axis=1)

    x = load_digits().images[:30]
    for model, shown in ((Generator(), True), (FakeModel(), False)):
        path = tmp_path / f"{shown}.html"
        write_report(path, model, x)
        headings = Page(path.read_text(encoding="utf-8")).headings
        assert ("What the model generates" in headings) == shown
    write_report(path, Generator(), x.reshape(30, 64))  # no images
    headings = Page(path.read_text(encoding="utf-8")).headings
    assert "What the model generates" not in headings


def test_a_grid_for_each_continuous_code(tmp_path):
    class Generator(FakeModel):
        num_clusters = 4
        codes = SimpleNamespace(num_codes=2)

        def generate(self, num, cluster, seed):
            return np.full((num, 8, 8), cluster)

        def interpolate(self, cluster, code, steps, seed):
            return np.full((steps, 8, 8), cluster + code)

    write_report(tmp_path / "r.html", Generator(), load_digits().images[:30])
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert [f"along code {i}" in text for i in range(3)] == [True, True, False]


def test_without_labels_nothing_is_said_of_classes(tmp_path):
    x = np.random.default_rng(0).random((60, 5, 5))
    page = write(tmp_path, x)
    assert page.headings == [
        "Summary",
        "What the clusters hold",
        "Embedding",
        "Sizes of the clusters",
    ]
    assert "class" not in page.text.lower()
    assert "4 (3 with samples)" in page.text
    assert len(page.images) == 2
    check_images(page)


def test_texts_are_quoted_and_escaped(tmp_path):
    texts = [f"{HOSTILE} text-{i} " + "word " * i * 10 for i in range(30)]
    page = write(tmp_path, texts, model=FakeModel(dim=5))
    assert "script" not in page.tags
    assert page.tags.count("blockquote") == 3 * 2 * 3
    assert HOSTILE in page.text
    # Confidence grows with the number: 27 is first in cluster 0, 0 last.
    assert page.text.index("text-27") < page.text.index("text-0")
    assert "…" in page.text
    check_images(page)


def test_names_from_outside_are_escaped(tmp_path):
    x = np.random.default_rng(0).random((30, 3))
    y = np.array([HOSTILE, "b", "$c$"])[np.arange(30) % 3]
    config = {HOSTILE: HOSTILE, "dataset": HOSTILE, "nested": {HOSTILE: 1}}
    page = write(tmp_path, x, y, config=config, metrics={HOSTILE: HOSTILE})
    assert "script" not in page.tags and "<script" not in page.source
    # The title twice; config: key, value, dataset, nested; metrics: both;
    # and the usual class of cluster 0.
    assert page.text.count(HOSTILE) == 2 + 4 + 2 + 1
    assert "1.0000" in page.text
    check_images(page)


def test_table_of_features_shows_those_that_differ(tmp_path):
    import pandas as pd

    x = np.random.default_rng(0).random((60, 12))
    x[:, 11] += np.arange(60) % 3
    x[:, 3] = 1.0
    names = [f"column<{i}>" for i in range(12)]
    page = write(tmp_path, pd.DataFrame(x, columns=names))
    shown = re.findall(r"column<\d+>", page.text)
    assert len(shown) == 8 and shown[0] == "column<11>"
    assert "column<3>" not in shown
    assert f"{x[::3, 11].mean():.4g}" in page.text


def test_given_figures_come_before_computed_ones(tmp_path):
    x = np.random.default_rng(0).random((30, 3))
    page = write(tmp_path, x, np.arange(30) % 3, metrics={"accuracy": 0.25})
    assert "0.2500" in page.text
    assert page.text.count("1.0000") == 2


def test_a_training_that_diverged_is_no_obstacle(tmp_path):
    class Diverged(FakeModel):
        def embed(self, x):
            return np.full((len(x), 3), np.nan)

    log = [{"stage": "fit", "epoch": 1, "loss": np.nan}]
    x = np.ones((9, 3))
    page = write(tmp_path, x, np.arange(9), log, model=Diverged())
    assert "0 of 9 samples" in page.text
    assert "Training" not in page.headings


def test_an_embedding_that_diverged_is_no_obstacle(tmp_path, tsne, monkeypatch):
    nowhere = np.full((9, 2), np.nan)
    monkeypatch.setattr(tsne, "embed", lambda x: nowhere)
    page = write(tmp_path, np.ones((9, 8, 8)), np.arange(9), model=tsne)
    assert "0 of 9 samples" in page.text
    assert "What lies where" not in page.headings


def test_more_classes_than_clusters_and_one_sample(tmp_path):
    x = np.random.default_rng(0).random((30, 3))
    write(tmp_path, x, np.arange(30))
    write(tmp_path, x[:1], ["a"], model=FakeModel(dim=7))


def test_lengths_must_agree(tmp_path):
    with pytest.raises(ValueError, match="Received: 9 samples, 8 labels"):
        write(tmp_path, np.ones((9, 3)), np.ones(8))


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    file = tmp_path / "file"
    file.write_text("kept")
    folder = tmp_path / "folder"
    folder.mkdir()
    for path in (file / "r.html", tmp_path / "no" / "r.html", folder):
        with pytest.raises(OSError):
            write_report(path, FakeModel(), np.ones((9, 3)))
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "folder"]
    assert file.read_text() == "kept"


def test_an_older_report_is_replaced(tmp_path):
    (tmp_path / "report.html").write_text("old")
    page = write(tmp_path, np.ones((9, 3)))
    assert "old" not in page.headings and page.headings
