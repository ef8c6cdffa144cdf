"""Data frames: columns are looked up by name."""

import keras
import numpy as np
import pandas
import pytest
import systems

from kerasdc import ClusteringMetrics
from kerasdc.utils.frames import column_names
from kerasdc.utils.frames import in_order

pytestmark = pytest.mark.usefixtures("eagerly")
NAMES = list("abcdef")


@pytest.fixture
def frame(blobs):
    return pandas.DataFrame(blobs[0], columns=NAMES)


@pytest.fixture
def model(frame):
    model = systems.make("dec")
    model.pretrain(frame, epochs=1, verbose=0)
    model.adapt(frame)
    return model


def test_names():
    assert column_names(np.ones((2, 2))) is None
    assert column_names(pandas.DataFrame(np.ones((2, 2)))) is None
    frame = pandas.DataFrame(np.ones((2, 2)), columns=["a", "a"])
    assert column_names(frame) is None
    frame.columns = ["a", "b"]
    assert column_names(frame) == ("a", "b")
    assert in_order(frame, None) is frame
    assert list(in_order(frame, ("b", "a")).columns) == ["b", "a"]


def test_other_columns_are_refused():
    frame = pandas.DataFrame(np.ones((2, 3)), columns=["b", "c", "d"])
    message = "columns that .* Received: missing: a; not among them: c, d$"
    with pytest.raises(ValueError, match=message):
        in_order(frame, ("b", "a"))
    message = "Received: missing: a; none not among them"
    with pytest.raises(ValueError, match=message):
        in_order(frame, ("a", "b", "c", "d"))


def test_columns_in_another_order(model, frame, tmp_path):
    reverse = frame[NAMES[::-1]]
    expected = model.predict(frame, verbose=0)
    np.testing.assert_array_equal(model.predict(reverse, verbose=0), expected)
    np.testing.assert_array_equal(model.embed(reverse), model.embed(frame))
    assert model.evaluate(reverse, verbose=0) == model.evaluate(
        frame, verbose=0
    )
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.predict(reverse, verbose=0), expected)
    with pytest.raises(ValueError, match="missing: f; none"):
        again.assign(frame[NAMES[:-1]])
    # Without names, the order is the caller's.
    np.testing.assert_array_equal(
        again.predict(frame.to_numpy(), verbose=0), expected
    )


def test_validation_and_metrics_follow_the_names(blobs, frame):
    histories = []
    for data in (frame, frame[NAMES[::-1]]):
        model = systems.make("dec")
        systems.pretrain(model, frame)
        history = model.fit(
            frame,
            epochs=1,
            validation_data=data,
            callbacks=[ClusteringMetrics(data, blobs[1])],
            verbose=0,
        )
        histories.append(history.history)
    assert histories[0] == histories[1]


def test_validation_of_other_columns_is_refused(frame):
    model = systems.make("dec")
    with pytest.raises(ValueError, match="missing: a; none"):
        model.fit(frame, validation_data=frame[NAMES[1:]], verbose=0)
    assert not model.built
