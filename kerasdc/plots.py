"""Figures of trainings and clusterings, each a matplotlib `Figure`.

Matplotlib is imported when first drawn with, and never through pyplot: no
window opens, and no state or style of the caller's changes.
"""

import functools
import io

import numpy as np

# Six of Okabe and Ito, then colours as far from those before as could be
# found, under normal, protanopic and deuteranopic vision.
PALETTE = (
    "#0072b2 #e69f00 #009e73 #d55e00 #cc79a7 #56b4e9 #5a0f0f #3c0078 #8778f0 "
    "#003c4b #69e187 #875a4b #2d3cb4 #4b4b00 #b43c87 #782d78 #e1b4c3 #00e1ff "
    "#a5b487 #d2d200"
).split()

_METRICS = {
    "accuracy": "accuracy",
    "nmi": "NMI",
    "ari": "ARI",
    "label_change": "changed labels",
}
_INK = "#222222"
_FAINT = "#767676"
_STYLE = {
    "axes.edgecolor": "#b0b0b0",
    "axes.facecolor": "white",
    "axes.grid": False,
    "axes.labelcolor": _INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": _INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "figure.facecolor": "white",
    # It comes with matplotlib, so figures look the same everywhere.
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "legend.frameon": False,
    "savefig.facecolor": "white",
    "text.color": _INK,
    "text.usetex": False,
    "xtick.color": _FAINT,
    "xtick.labelcolor": _INK,
    "ytick.color": _FAINT,
    "ytick.labelcolor": _INK,
}
_MOST_LABELS = 60
_MOST_COUNTS = 30
_PREVIEW_CLUSTERS = 20


def _styled(function):
    @functools.wraps(function)
    def draw(*args, **kwargs):
        with _matplotlib().rc_context(_STYLE):
            return function(*args, **kwargs)

    return draw


@_styled
def training_curves(log):
    """Loss of each stage, and the scores of the clustering stage.

    Args:
        log: Iterable of dicts, one per epoch, with `stage`, `epoch` and
            `loss`, and where known `accuracy`, `nmi`, `ari` and
            `label_change`. Missing values are gaps in the curves.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: If no row of `log` holds a number to draw.
    """
    rows = list(log)
    stages = dict.fromkeys(str(row.get("stage", "training")) for row in rows)
    by_stage = {
        stage: [r for r in rows if str(r.get("stage", "training")) == stage]
        for stage in stages
    }
    panels = [
        (f"Loss: {stage}", part, {"loss": "loss"})
        for stage, part in by_stage.items()
        if _has_numbers(part, ["loss"])
    ]
    scored = [p for p in by_stage.values() if _has_numbers(p, _METRICS)]
    if scored:
        panels.append(("Clustering, by epoch", scored[-1], _METRICS))
    if not panels:
        raise ValueError(
            "`log` must hold at least one number under `loss` or a metric. "
            f"Received: {len(rows)} rows without"
        )
    figure = _figure((3.2 * len(panels) + (1.2 if scored else 0), 2.7))
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for ax, panel in zip(axes, panels):
        _draw_curves(ax, *panel)
    return figure


@_styled
def cluster_samples(x, assignments, confidences, num_shown=10):
    """Images of each cluster: its most certain and its least certain.

    Every row is a cluster, certainty falls from left to right, and no image
    is shown twice.

    Args:
        x: Array `(n, h, w)` or `(n, h, w, c)` of images.
        assignments: Integers `(n,)`, the clusters.
        confidences: Floats `(n,)`, the probability of that cluster.
        num_shown: Integer, images in each of the two blocks.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: If `x` does not hold images, or the lengths differ.
    """
    x = _check_images(x)
    rows = ranked(assignments, confidences, num_shown)
    _check_lengths(x=x, assignments=assignments, confidences=confidences)
    tile = 0.42
    height = tile * min(max(x.shape[1] / x.shape[2], 0.5), 3)
    width = 2 * num_shown * tile + 1.6
    figure = _figure((max(width, 4.5), len(rows) * height + 0.5))
    axes = figure.subplots(1, 2)
    for ax, block, title in zip(
        axes, (1, 2), ("Most certain", "Least certain")
    ):
        picked = [row[block] for row in rows]
        _draw_tiles(ax, x, picked, num_shown, title)
    names = [f"Cluster {row[0]}\nn = {row[3]:,}" for row in rows]
    _name_rows(axes[0], x, names)
    return figure


@_styled
def embedding(points_2d, groups, title="", order=None):
    """Points in the plane, coloured and named by group.

    Args:
        points_2d: Floats `(n, 2)`.
        groups: Integers or strings `(n,)`: clusters or labels.
        title: String.
        order: Optional sequence of groups, in the order of the colours, so
            that two figures can agree. `None` sorts the groups.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: If the points are not `(n, 2)`, or the lengths differ.
    """
    figure = _figure((5, 5.2))
    _draw_embedding(figure.subplots(), points_2d, groups, title, order)
    return figure


@_styled
def confusion(y_true, assignments):
    """Counts of classes against clusters, matched clusters on the diagonal.

    Args:
        y_true: Integers or strings `(n,)`, the classes.
        assignments: Integers `(n,)`, the clusters.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: As `kerasdc.metrics.confusion_matrix`.
    """
    from kerasdc.metrics import confusion_matrix

    counts, classes, clusters = confusion_matrix(y_true, assignments)
    width, height = (
        min(max(0.42 * size, 2.4), 12) for size in (len(clusters), len(classes))
    )
    figure = _figure((width + 1.6, height + 0.9))
    _draw_confusion(figure.subplots(), counts, classes, clusters)
    return figure


@_styled
def preview(x, assignments, confidences, z, y=None, seed=0):
    """One picture for a model's card: samples, embedding, confusion.

    In place of samples, data that are not images show the sizes of their
    clusters.

    Args:
        x: Array `(n, ...)` of samples.
        assignments: Integers `(n,)`, the clusters.
        confidences: Floats `(n,)`, the probability of that cluster.
        z: Floats `(n, d)`, the embedding.
        y: Optional integers or strings `(n,)`, the classes.
        seed: Integer seed of the t-SNE.

    Returns:
        A matplotlib `Figure` of 1200 x 460 pixels at 100 dpi, which
        `png(figure, num_colors=256)` turns into less than 300 KB.

    Raises:
        ValueError: If the lengths differ.
    """
    from kerasdc.metrics import confusion_matrix

    assignments = np.asarray(assignments)
    _check_lengths(x=x, assignments=assignments, confidences=confidences, z=z)
    figure = _figure((12, 4.6), w_pad=0.12)
    num_panels = 2 if y is None else 3
    axes = figure.subplots(1, num_panels)
    _draw_overview(axes[0], x, assignments, confidences)
    indices, points = two_dimensional(z, seed)
    title = "Embedding, by cluster"
    _draw_embedding(axes[1], points, assignments[indices], title)
    if y is not None:
        table = confusion_matrix(y, assignments)
        _draw_confusion(axes[2], *table, "Classes and clusters")
        axes[2].set_box_aspect(1)
    return figure


def png(figure, dpi=100, num_colors=None):
    """A figure as the bytes of a PNG file.

    Args:
        figure: matplotlib `Figure`.
        dpi: Number, pixels per inch.
        num_colors: Optional integer up to 256. Fewer colors make a smaller
            file. `None` keeps all.

    Returns:
        Bytes.
    """
    file = io.BytesIO()
    # Without the version of matplotlib, equal figures are equal files.
    figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return file.getvalue() if num_colors is None else _fewer(file, num_colors)


def ranked(assignments, confidences, num_shown):
    """The most and the least certain samples of each cluster.

    Args:
        assignments: Integers `(n,)`, the clusters.
        confidences: Floats `(n,)`.
        num_shown: Integer, at most that many of each.

    Returns:
        A list of tuples `(cluster, most, least, size)`, one per cluster that
        has samples; `most` and `least` are disjoint index arrays in falling
        order of certainty.

    Raises:
        ValueError: If the lengths differ.
    """
    assignments, confidences = np.asarray(assignments), np.asarray(confidences)
    _check_lengths(assignments=assignments, confidences=confidences)
    result = []
    for cluster in np.unique(assignments):
        members = np.flatnonzero(assignments == cluster)
        members = members[np.argsort(-confidences[members], kind="stable")]
        size = len(members)
        num_least = min(num_shown, size // 2)
        most = members[: min(num_shown, size - num_least)]
        result.append((cluster, most, members[size - num_least :], size))
    return result


def two_dimensional(z, seed=0, max_points=2000):
    """Coordinates in the plane for an embedding.

    An embedding of two dimensions is itself; others are laid out by t-SNE on
    a random part of the samples. Rows that are not finite are left out.

    Reference: van der Maaten and Hinton, "Visualizing Data using t-SNE",
    JMLR 9, 2008.

    Args:
        z: Floats `(n, d)`.
        seed: Integer, of the part that is taken and of the t-SNE.
        max_points: Integer, samples that t-SNE is run on.

    Returns:
        A tuple `(indices, points)`: increasing row numbers of `z`, and their
        coordinates `(len(indices), 2)`.

    Raises:
        ValueError: If `z` is not a matrix.
    """
    z = np.asarray(z)
    if z.ndim != 2 or z.shape[1] == 0:
        raise ValueError(
            f"`z` must have shape (n, d). Received: z of shape {z.shape}"
        )
    indices = np.flatnonzero(np.isfinite(z).all(axis=1))
    if z.shape[1] == 2:
        return indices, z[indices]
    generator = np.random.default_rng(seed)
    if len(indices) > max_points:
        chosen = generator.choice(indices, max_points, replace=False)
        indices = np.sort(chosen)
    return indices, _tsne(z[indices].astype("float64"), generator, seed)


# === Parts ===


def _tsne(z, generator, seed):
    start = _principal_components(z)
    if len(z) < 5:
        return start
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    # Where all start on one spot, t-SNE has no direction to move them in.
    start = 1e-4 * (start + 0.01 * generator.standard_normal(start.shape))
    tsne = TSNE(
        perplexity=min(30, (len(z) - 1) / 3),
        init=start.astype("float32"),
        learning_rate="auto",
        max_iter=500,
        angle=0.7,
        random_state=seed,
    )
    # So few points gain nothing from threads, and lose by waiting for them.
    with threadpool_limits(1):
        return tsne.fit_transform(z / (z.std() or 1.0))


def _principal_components(z):
    points = np.zeros((len(z), 2))
    if len(z) == 0:
        return points
    centred = z - z.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    scores = centred @ axes[:2].T
    points[:, : scores.shape[1]] = scores
    return points / (points[:, 0].std() or 1.0)


def _draw_curves(ax, title, rows, columns):
    epochs = [_number(row.get("epoch"), i) for i, row in enumerate(rows)]
    marker = "o" if len(rows) <= 25 else None
    drawn = [key for key in columns if _has_numbers(rows, [key])]
    for key in drawn:
        ax.plot(
            epochs,
            [_number(row.get(key)) for row in rows],
            color=PALETTE[list(columns).index(key)],
            linestyle="--" if key == "label_change" else "-",
            linewidth=1.5,
            marker=marker,
            markersize=3,
            label=columns[key],
        )
    ax.set_title(_label(title, 40))
    ax.set_xlabel("epoch")
    ax.xaxis.get_major_locator().set_params(integer=True, nbins=6)
    ax.grid(axis="y", color="#e6e6e6", linewidth=0.6)
    ax.set_axisbelow(True)
    if columns is _METRICS:
        ax.set_ylim(min(0, ax.get_ylim()[0]), 1.02)
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), handlelength=1.5)


def _draw_overview(ax, x, assignments, confidences):
    rows = ranked(assignments, confidences, 10)
    if len(rows) > _PREVIEW_CLUSTERS:
        rows = sorted(rows, key=lambda row: -row[3])[:_PREVIEW_CLUSTERS]
    if is_images(x):
        x = np.asarray(x)
        title = "Most certain samples of each cluster"
        _draw_tiles(ax, x, [row[1] for row in rows], 10, title)
        _name_rows(ax, x, [row[0] for row in rows])
        return
    names = [_label(row[0]) for row in rows]
    sizes = [row[3] for row in rows]
    bars = ax.barh(range(len(rows)), sizes, color=PALETTE[0], height=0.7)
    ax.bar_label(bars, [f"{size:,}" for size in sizes], padding=3)
    ax.set_yticks(range(len(rows)), names)
    ax.margins(x=0.15)
    ax.invert_yaxis()
    ax.set(xticks=[], ylabel="cluster", title="Samples in each cluster")
    ax.tick_params(length=0)
    ax.spines["bottom"].set_visible(False)


def _draw_tiles(ax, x, picked, num_columns, title):
    image = _mosaic(x, picked, num_columns)
    ax.imshow(image, cmap="gray", vmin=0, vmax=1)
    ax.set_title(title)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def _name_rows(ax, x, names):
    height = x.shape[1] + _gap(x)
    middles = [height * row + x.shape[1] / 2 for row in range(len(names))]
    ax.set_yticks(middles, [str(name) for name in names], fontsize=8)
    ax.tick_params(axis="y", length=0)


def _gap(x):
    return max(1, round(x.shape[1] / 12))


def _mosaic(x, picked, num_columns):
    height, width = x.shape[1:3]
    gap = _gap(x)
    shown = _to_colors(x[np.concatenate(picked)])
    shape = (len(picked) * (height + gap) - gap, num_columns * (width + gap))
    mosaic = np.ones((*shape, *shown.shape[3:]))
    start = 0
    for row, indices in enumerate(picked):
        top = row * (height + gap)
        for column in range(len(indices)):
            left = column * (width + gap)
            tile = shown[start + column]
            mosaic[top : top + height, left : left + width] = tile
        start += len(indices)
    return mosaic[:, :-gap]


def _to_colors(images):
    """Images as gray `(n, h, w)` or RGB `(n, h, w, 3)` from 0 to 1."""
    images = np.nan_to_num(images.astype("float64"))
    if images.ndim == 4 and images.shape[3] == 4:
        images = images[..., :3]
    if images.ndim == 4 and images.shape[3] != 3:
        images = images.mean(axis=3)
    # Not every uint8 image goes up to 255.
    low, high = images.min(), images.max()
    return (images - low) / ((high - low) or 1.0)


def _draw_embedding(ax, points, groups, title, order=None):
    points, groups = np.asarray(points, "float64"), np.asarray(groups)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(
            "`points_2d` must have shape (n, 2). "
            f"Received: points_2d of shape {points.shape}"
        )
    _check_lengths(points_2d=points, groups=groups)
    names, codes = np.unique(groups, return_inverse=True)
    colors = _colors(names, order)
    # In random order, no group covers another.
    shuffled = np.random.default_rng(0).permutation(len(points))
    num_points = max(len(points), 1)
    ax.scatter(
        *points[shuffled].T,
        c=colors[codes[shuffled]],
        s=min(400 / num_points**0.55, 30),
        alpha=min(1.6 * num_points**-0.13, 0.9),
        linewidths=0,
        rasterized=True,
    )
    _square(ax, points)
    ax.set(xticks=[], yticks=[])
    ax.set_title(_label(title, 60))
    ax.spines[:].set_visible(True)
    if len(names) <= _MOST_LABELS:
        medians = [np.median(points[codes == i], 0) for i in range(len(names))]
        _name_groups(ax, medians, names, colors)


def _colors(names, order):
    from matplotlib.colors import to_rgb

    order = list(names if order is None else order)
    ranks = [order.index(n) if n in order else len(order) for n in names]
    return np.array(
        [to_rgb(PALETTE[rank % len(PALETTE)]) for rank in ranks]
    ).reshape(-1, 3)


def _square(ax, points):
    """Equal scales on both axes, in limits that later text can rely on."""
    ax.set_box_aspect(1)
    if len(points) == 0:
        return
    low, high = points.min(axis=0), points.max(axis=0)
    half = 0.54 * ((high - low).max() or 1.0)
    middle = (low + high) / 2
    ax.set_xlim(middle[0] - half, middle[0] + half)
    ax.set_ylim(middle[1] - half, middle[1] + half)


def _name_groups(ax, medians, names, colors):
    from matplotlib.patheffects import withStroke

    texts = [_label(name) for name in names]
    size = 10 if max(map(len, texts), default=0) <= 3 else 7
    spots = ax.transLimits.transform(np.reshape(medians, (-1, 2)))
    half_widths = [0.0013 * size * len(text) for text in texts]
    spots = _spread(spots, half_widths, 0.004 * size)
    for spot, text, color in zip(spots, texts, colors):
        ax.text(
            *spot,
            text,
            color=0.6 * color,
            fontsize=size,
            fontweight="bold",
            ha="center",
            va="center",
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
            transform=ax.transAxes,
        )


def _spread(spots, half_widths, height):
    """Moves labels up and down until none covers another."""
    spots = spots.copy()
    for _ in range(200):
        moved = False
        for i in range(len(spots)):
            for j in range(i):
                dx, dy = spots[i] - spots[j]
                lack = height - abs(dy)
                near = abs(dx) < half_widths[i] + half_widths[j]
                if near and lack > 1e-6:
                    step = lack / 2 if dy >= 0 else -lack / 2
                    spots[i, 1] += step
                    spots[j, 1] -= step
                    moved = True
        spots = spots.clip(0.03, 0.97)
        if not moved:
            break
    return spots


def _draw_confusion(ax, counts, classes, clusters, title=""):
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    step = -(-max(counts.shape) // 60)
    ticks = range(0, len(clusters), step)
    ax.set_xticks(ticks, [_label(clusters[i]) for i in ticks])
    ticks = range(0, len(classes), step)
    ax.set_yticks(ticks, [_label(classes[i], 22) for i in ticks])
    ax.set_xlabel("cluster, in matching order")
    ax.set_ylabel("class")
    ax.set_title(title)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    if max(counts.shape) <= _MOST_COUNTS:
        _write_counts(ax, counts, shares)


def _write_counts(ax, counts, shares):
    # What fits a cell of the preview, the smallest there is.
    digits = len(str(counts.max()))
    size = min(8, 360 / digits / counts.shape[1])
    for row, column in np.argwhere(counts):
        ax.text(
            column,
            row,
            str(counts[row, column]),
            color="white" if shares[row, column] > 0.5 else _INK,
            fontsize=size,
            ha="center",
            va="center",
        )


# === Helpers ===


def has_curves(log):
    """Whether `training_curves` finds anything to draw.

    Args:
        log: List of dicts, as `training_curves` takes them.

    Returns:
        A bool.
    """
    return _has_numbers(log, ["loss", *_METRICS])


def is_images(x):
    """Whether `x` has the shape of images, `(n, h, w)` or `(n, h, w, c)`.

    Args:
        x: Array.

    Returns:
        A bool.
    """
    shape = np.shape(x)
    return len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3, 4))


def _check_images(x):
    x = np.asarray(x)
    if not is_images(x) or x.size == 0:
        raise ValueError(
            "`x` must be images of shape (n, h, w) or (n, h, w, c), where c "
            f"is 1, 3 or 4. Received: x of shape {x.shape}"
        )
    return x


def _check_lengths(**arrays):
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        received = ", ".join(f"{k} of {v}" for k, v in lengths.items())
        raise ValueError(f"Lengths must be equal. Received: {received}")


def _fewer(file, num_colors):
    from PIL import Image

    smaller = io.BytesIO()
    image = Image.open(file).convert("RGB").quantize(num_colors)
    image.save(smaller, format="png", optimize=True)
    return smaller.getvalue()


def _has_numbers(rows, keys):
    return any(
        np.isfinite(_number(row.get(key))) for row in rows for key in keys
    )


def _number(value, default=np.nan):
    """`value` as a float; what a table left empty is `default`."""
    return default if value in (None, "") else float(value)


def _label(value, length=18):
    """Text that matplotlib can draw: short, one line, no mathematics."""
    from matplotlib import font_manager

    text = " ".join(str(value).split())
    if len(text) > length:
        text = text[: length - 1] + "…"
    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    known = [c if font.get_char_index(ord(c)) else "\ufffd" for c in text]
    return "".join(known).replace("$", r"\$")


def _matplotlib():
    try:
        import matplotlib
    except ImportError as error:
        raise ImportError(
            'Figures need matplotlib: pip install "kerasdc[plot]"'
        ) from error
    return matplotlib


def _figure(size, **padding):
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    figure.get_layout_engine().set(**padding)
    return figure
