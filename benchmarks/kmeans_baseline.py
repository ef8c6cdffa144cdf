"""K-means on pixels or tf-idf: the baseline of deep clustering.

python benchmarks/kmeans_baseline.py --dataset digits --seeds 5
"""

import argparse
import statistics

from sklearn.cluster import KMeans

from kerasdc import datasets
from kerasdc.layers import TfIdf
from kerasdc.metrics import evaluate
from kerasdc.utils.arguments import checked_count


def main():
    """Prints each seed's figures, then mean and deviation of the accuracy."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--data-dir")
    options = parser.parse_args()
    seeds = range(checked_count("--seeds", options.seeds))
    data = datasets.load(options.dataset, options.data_dir)
    x = _features(data.x)
    accuracies = []
    for seed in seeds:
        kmeans = KMeans(data.num_clusters, n_init=20, random_state=seed)
        scores = evaluate(data.y, kmeans.fit_predict(x))
        accuracies.append(scores["accuracy"])
        print(seed, {k: round(v, 4) for k, v in scores.items()})
    print(f"accuracy {_mean_and_deviation(accuracies)}")


def _mean_and_deviation(values):
    mean = f"{statistics.fmean(values):.4f}"
    if len(values) == 1:
        return f"{mean} (one seed)"
    return f"{mean} ± {statistics.stdev(values):.4f}"


def _features(x):
    if x.dtype != object:
        return x.reshape(len(x), -1).astype("float32")
    tf_idf = TfIdf(2000)  # as the recipes
    tf_idf.adapt(x)
    return tf_idf.transform(x)


if __name__ == "__main__":
    main()
