import io
import sys

import keras
import numpy as np
import pytest

from kerasdc import plots
from kerasdc.plots import projection
from kerasdc.plots import style
from kerasdc.plots.scatter import spread

LOG = [
    {"stage": "pretrain", "epoch": 1, "loss": 2.0},
    {"stage": "pretrain", "epoch": 2, "loss": 1.0},
    {"stage": "fit", "epoch": 1, "loss": "0.5", "nmi": "", "ari": None},
    {"stage": "fit", "epoch": 2, "loss": 0.4, "accuracy": 0.9, "nmi": 0.7},
]


@pytest.fixture(autouse=True)
def no_pyplot(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)


def blobs(n, k=4, d=2, seed=0):
    generator = np.random.default_rng(seed)
    groups = generator.integers(0, k, n)
    centers = generator.normal(0, 8, (k, d))
    return centers[groups] + generator.normal(size=(n, d)), groups


def pixels(figure, dpi=100):
    from PIL import Image

    data = plots.png(figure, dpi)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_curves_have_a_panel_per_stage_and_one_of_metrics():
    figure = plots.training_curves(iter(LOG))
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles == ["Loss: pretrain", "Loss: fit", "Clustering, by epoch"]
    assert list(figure.axes[1].lines[0].get_ydata()) == [0.5, 0.4]
    legend = figure.axes[2].get_legend().get_texts()
    assert [text.get_text() for text in legend] == ["accuracy", "NMI"]
    assert np.isnan(figure.axes[2].lines[1].get_ydata()[0])
    pixels(figure)


def with_terms(**terms):
    """Two stages, the second of three epochs with further columns."""
    pretrain = {"stage": "pretrain", "epoch": 1, "loss": 2.0, "decay": 3.0}
    fit = [
        {"stage": "fit", "epoch": i + 1, "loss": 1.0, "accuracy": 0.5}
        | {"seconds": 3.0, "smallest_cluster": 0.1, "val_loss": 5.0}
        | {name: values[i] for name, values in terms.items()}
        for i in range(3)
    ]
    return [pretrain, *fit]


def test_curves_of_what_else_the_last_stage_logged():
    log = with_terms(
        upper_threshold=["0.9", "0.7", "0.5"],
        selected_pairs=[0.4, None, 0.6],
        remark=["", "a", None],
    )
    figure = plots.training_curves(log)
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles[2:] == ["Clustering, by epoch", "Also logged, by epoch"]
    ax = figure.axes[3]
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["upper threshold", "selected pairs"]
    assert list(ax.lines[0].get_ydata()) == [0.9, 0.7, 0.5]
    assert ax.get_yscale() == "linear"
    pixels(figure)


def test_curves_of_far_scales_are_all_seen():
    figure = plots.training_curves(
        with_terms(
            reconstruction=[-300.0, -310.0, -320.0],
            divergence=[2.0, 1.0, 0.5],
            penalty=[0.0, 0.0, 0.0],
        )
    )
    ax = figure.axes[3]
    figure.canvas.draw()
    heights = [
        ax.transData.transform(np.column_stack([[0] * 3, line.get_ydata()]))
        for line in ax.lines
    ]
    fall = heights[1][0, 1] - heights[1][2, 1]
    assert fall > 0.1 * ax.bbox.height
    pixels(figure)


def test_curves_without_metrics_or_without_anything():
    assert len(plots.training_curves(LOG[:1]).axes) == 1
    for log in ([], [{"stage": "fit", "epoch": 1, "loss": None}]):
        with pytest.raises(ValueError, match=f"Received: {len(log)} rows"):
            plots.training_curves(log)


def test_curves_of_what_fit_returns():
    columns = {"loss": [3.0, 2.0, 1.5], "accuracy": [0.5, 0.75]}
    history = keras.callbacks.History()
    history.history = columns
    rows = [{"loss": 3.0, "accuracy": 0.5}, {"loss": 2.0, "accuracy": 0.75}]
    rows.append({"loss": 1.5, "accuracy": None})
    for log in (rows, columns, history):
        assert plots.has_curves(log)
        losses, scores = plots.training_curves(log).axes
        assert losses.lines[0].get_ydata().tolist() == [3, 2, 1.5]
        assert scores.lines[0].get_ydata().tolist()[:2] == [0.5, 0.75]
    assert not plots.has_curves({})


@pytest.mark.parametrize("log", ["log.csv", [1, 2], 5, None])
def test_what_is_no_log(log):
    with pytest.raises(ValueError, match="Received: log="):
        plots.training_curves(log)


def test_ranked_by_hand():
    confidences = [0.5, 0.9, 0.7, 0.8, 0.6, 1.0]
    first, second = plots.ranked([3, 3, 3, 3, 3, 8], confidences, 2)
    assert first[0] == 3 and first[3] == 5
    np.testing.assert_array_equal(first[1], [1, 3])
    np.testing.assert_array_equal(first[2], [4, 0])
    # One sample alone is among the most certain.
    assert (list(second[1]), list(second[2]), second[3]) == ([5], [], 1)


@pytest.mark.parametrize("shape", [(8, 6), (8, 6, 1), (8, 6, 3), (8, 6, 4)])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_samples_of_any_images(shape, dtype):
    x = np.random.default_rng(0).integers(0, 256, (30, *shape)).astype(dtype)
    figure = plots.cluster_samples(x, np.arange(30) % 3, np.arange(30), 4)
    left, right = figure.axes
    assert left.get_title(loc="left") == "Most certain"
    assert right.get_title(loc="left") == "Least certain"
    names = [label.get_text() for label in left.get_yticklabels()]
    assert names == ["Cluster 0\nn = 10", "Cluster 1\nn = 10", names[2]]
    pixels(figure)


def test_samples_stand_where_they_should():
    x = np.zeros((4, 12, 12), "uint8")
    x[2] = 16  # The most that scikit-learn's digits have.
    figure = plots.cluster_samples(x, [0, 0, 1, 1], [0.9, 0.8, 0.7, 0.6], 1)
    left, right = (ax.images[0].get_array() for ax in figure.axes)
    assert left.shape == (25, 12)
    assert (left[:12] == 0).all() and (left[13:] == 1).all()
    assert (right[13:] == 0).all()


def test_samples_of_clusters_of_one():
    x = np.ones((2, 4, 4))
    left, right = plots.cluster_samples(x, [0, 1], [0.9, 0.8], 1).axes
    assert left.images[0].get_array().shape == (9, 4)
    assert (right.images[0].get_array() == 1).all()


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_samples_without_contrast(value):
    x = np.full((5, 4, 4), value, "float32")
    pixels(plots.cluster_samples(x, np.zeros(5, int), np.ones(5)))


def test_samples_must_be_images_of_one_length():
    with pytest.raises(ValueError, match=r"Received: x of shape \(5, 7\)"):
        plots.cluster_samples(np.ones((5, 7)), np.zeros(5), np.ones(5))
    with pytest.raises(ValueError, match="Received: x of 5, assignments of 4"):
        plots.cluster_samples(np.ones((5, 7, 7)), np.zeros(4), np.ones(4))


@pytest.mark.parametrize("n", [0, 1, 100, 70_000])
def test_embedding_of_any_size_is_seen(n):
    points, groups = blobs(n)
    figure = plots.embedding(points, groups, "Title")
    (ax,) = figure.axes
    assert len(ax.texts) == len(np.unique(groups))
    colored = np.ptp(pixels(figure).astype(int), axis=2) > 40
    assert (colored.mean() > 0.002) == (n >= 100)


def test_embedding_draws_hostile_names():
    names = ["$\\frac{", "a\nb", "数", "x" * 100, "<b>", "\x00"]
    points, groups = blobs(200, k=6)
    figure = plots.embedding(points, np.array(names)[groups], "$")
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert {"a b", "\ufffd", "x" * 17 + "…", "<b>"} <= texts
    pixels(figure)
    pixels(plots.confusion(np.array(names)[groups], groups))


def test_embedding_colors_follow_the_order():
    points, groups = blobs(50, k=2)
    figure = plots.embedding(points, groups, order=[1, 0])
    plain = plots.embedding(points, 1 - groups)
    colors = [f.axes[0].collections[0].get_facecolor() for f in (figure, plain)]
    np.testing.assert_array_equal(*colors)


def test_embedding_without_groups_is_of_one_color():
    points, _ = blobs(50)
    (ax,) = plots.embedding(points, None).axes
    assert len(ax.texts) == 0
    assert len(np.unique(ax.collections[0].get_facecolor(), axis=0)) == 1


def test_grid_lies_evenly_over_the_picture():
    points = np.array([[0.0, 10], [10, 12], [5, 11]])
    found = plots.grid(points, 4)
    # The middle is (5, 11), the half width 5.4: cells are 2.7 wide.
    np.testing.assert_allclose(found[0, :, 0], [0.95, 3.65, 6.35, 9.05])
    np.testing.assert_allclose(found[:, 0, 1], [15.05, 12.35, 9.65, 6.95])
    assert np.ptp(found[:, 1, 0]) == 0 and found.shape == (4, 4, 2)
    (ax,) = plots.embedding(points, None).axes
    assert ax.get_xlim() == pytest.approx((0.95 - 1.35, 9.05 + 1.35))
    assert ax.get_ylim() == pytest.approx((6.95 - 1.35, 15.05 + 1.35))
    assert plots.grid(points[:1], 2).shape == (2, 2, 2)


def test_embedding_checks_its_points():
    with pytest.raises(ValueError, match=r"Received: points_2d of shape \(3,"):
        plots.embedding(np.ones((3, 3)), [0, 1, 2])
    with pytest.raises(ValueError, match="Received: points_2d of 3, groups"):
        plots.embedding(np.ones((3, 2)), [0, 1])


def test_labels_on_one_spot_are_parted():
    spots = spread(np.full((8, 2), 0.5), [0.02] * 8, 0.04)
    assert np.diff(np.sort(spots[:, 1])).min() > 0.039


def test_palette_has_twenty_distinct_colors():
    assert len(set(plots.PALETTE)) == 20


def test_confusion_puts_matches_on_the_diagonal():
    y = np.array(["a", "a", "b", "b", "b"])
    (ax,) = plots.confusion(y, [4, 4, 2, 2, 4]).axes
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["4", "2"]
    cells = {t.get_position(): t.get_text() for t in ax.texts}
    assert cells == {(0, 0): "2", (0, 1): "1", (1, 1): "2"}


def test_confusion_of_many_classes_has_no_counts():
    y = np.arange(300) % 100
    (ax,) = plots.confusion(y, y).axes
    assert len(ax.texts) == 0


@pytest.mark.parametrize("with_labels", [True, False])
@pytest.mark.parametrize("shape", [(28, 28), (7,)])
def test_preview_fits_a_card(with_labels, shape):
    z, groups = blobs(3000, k=10)
    x = np.random.default_rng(0).random((3000, *shape), "float32")
    y = groups if with_labels else None
    figure = plots.preview(x, groups, z[:, 0], z, y)
    assert len(figure.axes) == 2 + with_labels
    assert pixels(figure).shape == (460, 1200, 3)
    small = plots.png(figure, num_colors=256)
    assert len(small) < min(300_000, len(plots.png(figure)))


def test_preview_shows_the_largest_of_many_clusters():
    z, _ = blobs(500)
    assignments = np.minimum(np.arange(500) // 4, 30)
    figure = plots.preview(z, assignments, z[:, 0], z)
    assert figure.axes[0].get_yticklabels()[0].get_text() == "30"
    assert len(figure.axes[0].get_yticks()) == 20


def test_two_dimensions_are_kept():
    z, _ = blobs(3000)
    indices, points = plots.two_dimensional(z)
    np.testing.assert_array_equal(indices, np.arange(3000))
    np.testing.assert_array_equal(points, z)


@pytest.mark.parametrize(
    ("n", "d"), [(0, 1), (0, 50), (1, 50), (4, 1), (5, 50), (40, 1), (40, 50)]
)
def test_two_dimensional_of_few(n, d, monkeypatch, eagerly):
    monkeypatch.setattr(projection, "_NUM_STEPS", 3)
    z, _ = blobs(n, d=d)
    indices, points = plots.two_dimensional(z.astype("float32"))
    assert points.shape == (n, 2) == (len(indices), 2)
    assert np.isfinite(points).all()


@pytest.mark.parametrize("copies", [1, 100])
def test_two_dimensional_of_duplicates(copies, monkeypatch, eagerly):
    monkeypatch.setattr(projection, "_NUM_STEPS", 3)
    z = np.repeat(np.ones((1, 5)), 100, axis=0)
    z[copies:] = 2
    indices, points = plots.two_dimensional(z)
    assert np.isfinite(points).all()


def test_two_dimensional_keeps_groups_apart(monkeypatch):
    from sklearn.neighbors import KNeighborsClassifier

    monkeypatch.setattr(projection, "_NUM_STEPS", 200)
    z, groups = blobs(700, d=10)
    z[7] = np.nan
    # Those that the network did not learn from are laid out, too.
    indices, points = plots.two_dimensional(z, seed=3, max_points=200)
    assert len(indices) == 699 and 7 not in indices
    assert (np.diff(indices) > 0).all()
    score = KNeighborsClassifier().fit(points, groups[indices])
    assert score.score(points, groups[indices]) > 0.99


def test_two_dimensional_is_seeded(monkeypatch, eagerly):
    monkeypatch.setattr(projection, "_NUM_STEPS", 3)
    z, _ = blobs(200, d=10)
    first = plots.two_dimensional(z, seed=1, max_points=60)
    again = plots.two_dimensional(z, seed=1, max_points=60)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])


def test_two_dimensional_needs_a_matrix():
    with pytest.raises(ValueError, match=r"Received: z of shape \(4,\)"):
        plots.two_dimensional(np.ones(4))


def test_styles_of_the_caller_stay():
    import matplotlib

    with matplotlib.rc_context({"font.size": 33, "text.usetex": True}):
        pixels(plots.training_curves(LOG))
        assert matplotlib.rcParams["font.size"] == 33


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'pip install -e "\.\[plot\]"'):
        plots.training_curves(LOG)


@pytest.mark.parametrize("shape", [(8, 8), (6, 9, 3)])
def test_generated_samples_beside_real_ones(shape):
    generator = np.random.default_rng(0)
    real = [generator.random((n, *shape)) for n in (4, 0, 2)]
    made = [generator.random((4, *shape)) for _ in range(3)]
    figure = plots.generated_samples(real, made)
    left, right = figure.axes
    assert [ax.get_title("left") for ax in figure.axes] == ["Real", "Generated"]
    names = [label.get_text() for label in left.get_yticklabels()]
    assert names == ["Cluster 0", "Cluster 1", "Cluster 2"]
    images = [ax.images[0].get_array() for ax in (left, right)]
    assert images[0].shape == images[1].shape
    pixels(figure)


def test_generated_samples_stand_on_their_side():
    real, made = np.zeros((2, 2, 4, 4)), np.ones((2, 2, 4, 4))
    real[0, 0, 0, 0], made[1, 1, 3, 3] = 1, 0
    figure = plots.generated_samples(list(real), list(made))
    left, right = (ax.images[0].get_array() for ax in figure.axes)
    # A row of pixels apart; of the gaps between nothing is asked.
    tiles = [slice(0, 4), slice(5, 9)]
    for image, samples in ((left, real), (right, made)):
        assert image.shape == (9, 9)
        for row in range(2):
            for column in range(2):
                tile = image[tiles[row], tiles[column]]
                np.testing.assert_array_equal(tile, samples[row, column])


@pytest.mark.parametrize("draw", [plots.interpolations, plots.plane])
def test_images_stand_in_the_rows_they_are_given_in(draw):
    samples = np.random.default_rng(0).random((3, 7, 8, 8))
    (ax,) = draw(samples).axes
    image = ax.images[0].get_array()
    assert image.shape == (3 * 9 - 1, 7 * 9 - 1)
    expected = samples[1, 2] / samples.max()
    np.testing.assert_allclose(image[9:17, 18:26], expected)


def test_generated_samples_must_fit():
    image = np.ones((1, 4, 4))
    with pytest.raises(ValueError, match="Received: 1 and 2 entries"):
        plots.generated_samples([image], [image, image])
    with pytest.raises(ValueError, match=r"Received: images of shape \(2, 4"):
        plots.interpolations(np.ones((1, 2, 4)))


def test_fewer_colors_keep_those_of_small_areas():
    from PIL import Image

    figure = style.new_figure((4, 2))
    ax = figure.subplots()
    grays = np.random.default_rng(0).random((60, 60))
    ax.imshow(grays, cmap="gray", extent=(0, 1, 0, 1))
    ax.imshow(grays, cmap="Blues", extent=(1, 2, 0, 1))
    colors = np.array([[213, 94, 0], [230, 159, 0], [204, 121, 167]])
    for i, color in enumerate(colors):
        ax.scatter(3, i / 2, color=color / 255, s=30)
    ax.set(xlim=(0, 4), ylim=(-0.5, 1.5))
    picture = Image.open(io.BytesIO(plots.png(figure, num_colors=256)))
    pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3).astype(int)
    for color in colors:
        assert np.abs(pixels - color).max(axis=1).min() <= 2
