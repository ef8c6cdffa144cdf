"""Outputs of a model are computed once for all uses."""

import functools

import numpy as np
import pytest
import small_runs

from kerasdc import plots
from kerasdc.report import Outputs
from kerasdc.report import write_report


@pytest.fixture
def passes():
    with small_runs.counted_passes() as found:
        yield found


def test_outputs_are_those_of_the_model(fitted, blobs):
    x, y = blobs
    outputs = Outputs(fitted, x, y)
    # In batches of other sizes, which round otherwise on some processors.
    assert_close = functools.partial(np.testing.assert_allclose, rtol=1e-5)
    q = fitted.predict(x, verbose=0)
    assert_close(outputs.soft_assignment, q)
    np.testing.assert_array_equal(outputs.assignments, fitted.assign(x))
    assert_close(outputs.confidences, q.max(axis=1))
    assert_close(outputs.embedding, fitted.embed(x), atol=1e-6)
    indices, points = outputs.plane
    np.testing.assert_array_equal(indices, np.arange(90))
    assert_close(points, fitted.embed(x), atol=1e-6)  # it is a plane
    assert outputs.num_empty_clusters == 0
    assert outputs.soft_assignment is outputs.soft_assignment


def test_nothing_is_computed_that_is_not_asked_for(fitted, blobs, passes):
    outputs = Outputs(fitted, blobs[0])
    assert not passes
    outputs.embedding
    assert passes == {"DEC.embed of 90": 1}


def test_finished_outputs_are_reported(fitted, blobs, tmp_path, passes):
    x, y = blobs
    outputs = Outputs(fitted, x, y)
    texts = []
    for name in ("first", "second"):
        write_report(tmp_path / name, fitted, x, y, outputs=outputs)
        texts.append((tmp_path / name).read_text(encoding="utf-8"))
    write_report(tmp_path / "third", fitted, x, y)
    texts.append((tmp_path / "third").read_text(encoding="utf-8"))
    assert texts[0] == texts[1] == texts[2]
    assert passes == {"DEC.predict of 90": 2, "DEC.embed of 90": 2}


def test_picture_of_a_finished_plane(blobs):
    x, y = blobs
    z = np.random.default_rng(0).random((90, 2)).astype("float32")
    confidences = np.ones(90)
    plane = plots.two_dimensional(z)
    pictures = [
        plots.png(plots.preview(x, y, confidences, z, y, plane=given))
        for given in (None, plane, (plane[0], plane[1][::-1]))
    ]
    assert pictures[0] == pictures[1] != pictures[2]
