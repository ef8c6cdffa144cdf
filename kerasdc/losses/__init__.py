"""Loss formulas as functions of tensors."""

from kerasdc.losses.adversarial import adversarial_direction
from kerasdc.losses.adversarial import prediction_divergence
from kerasdc.losses.adversarial import virtual_adversarial
from kerasdc.losses.adversaries import code_information
from kerasdc.losses.adversaries import judged_generated
from kerasdc.losses.adversaries import judged_wrong
from kerasdc.losses.attraction import attraction
from kerasdc.losses.edges import edge_attraction
from kerasdc.losses.edges import edge_cross_entropy
from kerasdc.losses.edges import edge_repulsion
from kerasdc.losses.information import conditional_entropy
from kerasdc.losses.information import marginal_divergence
from kerasdc.losses.information import marginal_entropy
from kerasdc.losses.information import mutual_information
from kerasdc.losses.pairs import pairwise_cross_entropy
from kerasdc.losses.pointwise import pair_agreement
from kerasdc.losses.pointwise import pointwise_information
from kerasdc.losses.reconstruction import half_mean_squared_error
from kerasdc.losses.reconstruction import summed_binary_crossentropy
from kerasdc.losses.reconstruction import summed_squared_error
from kerasdc.losses.self_training import kl_divergence
from kerasdc.losses.self_training import soft_frequencies
from kerasdc.losses.self_training import target_distribution
from kerasdc.losses.similarities import log_student_t_kernel
from kerasdc.losses.similarities import log_student_t_similarities
from kerasdc.losses.similarities import similarity_cross_entropy
from kerasdc.losses.similarities import student_t_similarities
from kerasdc.losses.sizes import size_penalty
from kerasdc.losses.triplets import cluster_triplets

__all__ = [
    "adversarial_direction",
    "attraction",
    "cluster_triplets",
    "code_information",
    "conditional_entropy",
    "edge_attraction",
    "edge_cross_entropy",
    "edge_repulsion",
    "half_mean_squared_error",
    "judged_generated",
    "judged_wrong",
    "kl_divergence",
    "log_student_t_kernel",
    "log_student_t_similarities",
    "marginal_divergence",
    "marginal_entropy",
    "mutual_information",
    "pair_agreement",
    "pairwise_cross_entropy",
    "pointwise_information",
    "prediction_divergence",
    "similarity_cross_entropy",
    "size_penalty",
    "soft_frequencies",
    "student_t_similarities",
    "summed_binary_crossentropy",
    "summed_squared_error",
    "target_distribution",
    "virtual_adversarial",
]
