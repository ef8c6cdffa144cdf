"""Scores of clusterings, outliers and embeddings, for evaluation only."""

from kerasdc.metrics.embeddings import embedding_scores
from kerasdc.metrics.labels import ari
from kerasdc.metrics.labels import checked_labels
from kerasdc.metrics.labels import clustering_accuracy
from kerasdc.metrics.labels import confusion_matrix
from kerasdc.metrics.labels import evaluate
from kerasdc.metrics.labels import matched_clusters
from kerasdc.metrics.labels import nmi
from kerasdc.metrics.outliers import auroc
from kerasdc.metrics.probing import probe_accuracy

__all__ = [
    "ari",
    "auroc",
    "checked_labels",
    "clustering_accuracy",
    "confusion_matrix",
    "embedding_scores",
    "evaluate",
    "matched_clusters",
    "nmi",
    "probe_accuracy",
]
