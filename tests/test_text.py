import keras
import numpy as np
import pytest
from keras import ops
from sklearn.feature_extraction.text import TfidfVectorizer

from kerasdc.layers import TfIdf

TEXTS = [
    "the cat sat on the mat",
    "the dog sat on the log",
    "cats and dogs and cats and cats",
    "nothing in common",
    "The CAT, the dog!",
]


def test_equals_scikit_learn():
    layer = TfIdf()
    layer.adapt(TEXTS)
    reference = TfidfVectorizer(
        vocabulary=layer.vocabulary,
        sublinear_tf=True,
        smooth_idf=True,
        norm="l2",
    )
    expected = reference.fit_transform(TEXTS).toarray()
    expected *= np.sqrt(len(layer.vocabulary))
    np.testing.assert_allclose(layer.transform(TEXTS), expected, atol=1e-5)
    assert np.mean(expected**2) == pytest.approx(1)


def test_vocabulary_is_the_most_frequent():
    layer = TfIdf(max_words=2)
    layer.adapt(TEXTS)
    # "the" 6 times; "and" and "cats" 3 times each.
    assert layer.vocabulary[0] == "the"
    assert layer.vocabulary[1] in ("and", "cats")
    assert len(layer.vocabulary) == 2


def test_given_vocabulary_is_kept():
    layer = TfIdf(vocabulary=["cat", "dog"])
    assert not layer.adapted
    layer.adapt(TEXTS)
    assert layer.vocabulary == ["cat", "dog"]
    # Each is in 2 of 5 texts.
    np.testing.assert_allclose(layer.idf, np.log(6 / 3) + 1, 1e-6)


def test_adapt_again():
    layer = TfIdf(vocabulary=["cat", "dog"])
    layer.adapt(TEXTS)
    layer.adapt(["cat", "dog dog"])
    assert len(layer.weights) == 2
    np.testing.assert_allclose(layer.idf, np.log(3 / 2) + 1, 1e-6)


def test_blocks_do_not_matter():
    whole, parts = TfIdf(), TfIdf()
    whole.adapt(TEXTS)
    parts.adapt(TEXTS, block=2)
    np.testing.assert_array_equal(whole.idf, parts.idf)
    np.testing.assert_allclose(
        whole.transform(TEXTS), parts.transform(TEXTS, block=2), 1e-6
    )


def test_unknown_words_give_zeros():
    layer = TfIdf(vocabulary=["cat"])
    assert layer.transform(["dog", ""]).tolist() == [[0.0], [0.0]]


def test_numbers_pass():
    layer = TfIdf(vocabulary=["cat", "dog"])
    x = np.float32([[1, 2], [3, 4]])
    assert ops.convert_to_numpy(layer(x)).tolist() == x.tolist()


def test_long_texts_are_not_padded():
    texts = ["word"] * 2000 + ["word " * 100_000]
    layer = TfIdf()
    layer.adapt(texts)  # as NumPy strings they would take 4 GB
    assert layer.vocabulary == ["word"]


def test_bytes_are_utf8():
    layer = TfIdf()
    layer.adapt([b"caf\xc3\xa9", "café"])
    assert layer.vocabulary == ["café"]


@pytest.mark.parametrize("texts", [[[1.0, 2.0]], np.zeros((3, 2), "uint8")])
def test_adapt_refuses_numbers(texts):
    with pytest.raises(ValueError, match="must be strings. Received:"):
        TfIdf().adapt(texts)


def test_adapt_refuses_texts_without_words():
    with pytest.raises(ValueError, match="Received: 2 texts without"):
        TfIdf().adapt(["", "!"])


def test_refuses_before_adapt():
    with pytest.raises(ValueError, match="no vocabulary yet"):
        TfIdf().transform(TEXTS)
    with pytest.raises(ValueError, match="Received: max_words=0"):
        TfIdf(max_words=0)


def test_keras_file_round_trip(tmp_path):
    tf = pytest.importorskip("tensorflow")
    layer = TfIdf()
    layer.adapt(TEXTS)
    inputs = keras.Input((1,), dtype="string")
    keras.Model(inputs, layer(inputs)).save(tmp_path / "m.keras")
    model = keras.models.load_model(tmp_path / "m.keras")
    strings = tf.constant([[text] for text in TEXTS])
    np.testing.assert_allclose(
        model.predict(strings, verbose=0), layer.transform(TEXTS), 1e-6
    )
    again = model.layers[-1]
    assert again.adapted
    assert again.vocabulary == layer.vocabulary


@pytest.mark.parametrize(
    "vocabulary",
    [[], ["a", "a"], ["a", ""], ["a", 1], ["a", None], "ab", 3, ["[UNK]"], ()],
)
def test_vocabulary_is_a_list_of_distinct_words(vocabulary):
    with pytest.raises(ValueError, match="`vocabulary` must .*: vocabulary="):
        TfIdf(vocabulary=vocabulary)


def test_inputs_of_another_width_are_refused():
    layer = TfIdf(vocabulary=["cat", "dog"])
    for inputs in (np.zeros((4, 3)), np.array([["cat", "dog"]])):
        with pytest.raises(ValueError, match=r"`inputs` must be texts"):
            layer(keras.ops.convert_to_tensor(inputs))


def test_block_is_checked():
    layer = TfIdf(vocabulary=["cat", "dog"])
    for method in (layer.adapt, layer.transform):
        with pytest.raises(ValueError, match="Received: block=0"):
            method(TEXTS, block=0)


def test_a_missing_text_is_told():
    with pytest.raises(ValueError, match="missing texts: .*None in row 1"):
        TfIdf().adapt(["cat", None])
