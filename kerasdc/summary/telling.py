"""What tells a cluster from the others: columns of numbers, or words."""

import numpy as np

_WORD = r"(?u)\b[^\W\d]\w+\b"


def standardized_differences(x, labels, clusters):
    """How far each cluster's mean lies from that of all other samples.

    For each column, (mean of the cluster - mean of the rest) / standard
    deviation of all samples. Samples with the label -1 belong to the rest.

    Args:
        x: Array `(n, d)` of numbers.
        labels: Integers `(n,)`.
        clusters: Sequence of `k` ids.

    Returns:
        Floats `(k, d)`: 0 for columns that are constant, for clusters without
        samples and for a cluster that holds all of them.
    """
    total = x.sum(axis=0, dtype="float64")
    deviation = x.std(axis=0, dtype="float64")
    # A constant column may have a tiny deviation by rounding.
    constant = deviation <= 1e-6 * np.abs(total / len(x))
    found = np.zeros((len(clusters), x.shape[1]))
    for row, cluster in zip(found, clusters):
        members = labels == cluster
        size = int(members.sum())
        if 0 < size < len(x):
            own = x[members].sum(axis=0, dtype="float64")
            row[:] = own / size - (total - own) / (len(x) - size)
    return np.where(constant, 0, found) / np.where(constant, 1, deviation)


def words_of_clusters(texts, labels, clusters, stop_words="english"):
    """Weights of words by class-based tf-idf (c-TF-IDF).

    All texts of a cluster count as one. The weight of word t in cluster c is

        W_t,c = tf_t,c * log(1 + A / tf_t)

    where tf_t,c is how often the word occurs in the cluster, tf_t how often
    in all clusters, and A the mean number of words per cluster. A word that
    most texts of every cluster have, such as "subject" in mails, tells
    nothing: its weight is 0. Words begin with a letter.

    Reference:

    - [Grootendorst, 2022](https://arxiv.org/abs/2203.05794), BERTopic: Neural
      topic modeling with a class-based TF-IDF procedure, equation (2).

    Args:
        texts: Array or list of `n` strings.
        labels: Integers `(n,)`; texts with the label -1 do not count.
        clusters: Sequence of `k` ids.
        stop_words: As in scikit-learn's `CountVectorizer`: `"english"`, a
            list of words that are left out, or `None`.

    Returns:
        Tuple of the words, a list of `v` strings, and floats `(k, v)`. `v` is
        0 if the texts have no words.
    """
    words, in_texts = _counted(texts, stop_words)
    counts = np.zeros((len(clusters), len(words)))
    usual, num_filled = np.ones(len(words), bool), 0
    for row, cluster in zip(counts, clusters):
        own = in_texts[labels == cluster]
        if own.shape[0]:
            row[:] = own.sum(axis=0)
            usual &= (own > 0).sum(axis=0) > own.shape[0] / 2
            num_filled += 1
    in_all = counts.sum(axis=0)
    mean = counts.sum() / max(num_filled, 1)
    # Words of outliers only occur in no cluster.
    rarity = np.log1p(mean / np.where(in_all > 0, in_all, 1))
    tells = ~usual if num_filled > 1 else True
    return words, counts * rarity * tells


def _counted(texts, stop_words):
    """Words, and a sparse matrix of how often each text has them."""
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import CountVectorizer

    if isinstance(stop_words, (tuple, set)):
        stop_words = list(stop_words)
    counter = CountVectorizer(
        decode_error="replace", stop_words=stop_words, token_pattern=_WORD
    )
    # What scikit-learn raises for texts without words, it also raises else.
    if not any(map(counter.build_analyzer(), texts)):
        return [], csr_array((len(texts), 0))
    counts = csr_array(counter.fit_transform(texts))
    return counter.get_feature_names_out().tolist(), counts


def strongest(names, values, most):
    """The largest values, by size without the sign, and their names.

    Args:
        names: Sequence of `d` strings.
        values: Floats `(d,)`.
        most: Integer.

    Returns:
        Tuple of at most `most` pairs `(name, value)`, none of them 0.
    """
    order = np.argsort(-np.abs(values), kind="stable")[:most]
    return tuple(
        (names[i], float(values[i])) for i in order.tolist() if values[i] != 0
    )
