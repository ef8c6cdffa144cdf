"""Encoders and decoders: untrained Functional models."""

from kerasdc.networks.adversarial_pair import infogan_encoder
from kerasdc.networks.adversarial_pair import infogan_generator
from kerasdc.networks.autoencoding import conv_decoder
from kerasdc.networks.autoencoding import conv_encoder
from kerasdc.networks.autoencoding import embedding_mlp
from kerasdc.networks.autoencoding import mlp_decoder
from kerasdc.networks.autoencoding import mlp_encoder
from kerasdc.networks.embedding_convolutions import jule_encoder
from kerasdc.networks.noisy import noisy_decoder
from kerasdc.networks.noisy import noisy_encoder
from kerasdc.networks.normalized import dac_encoder
from kerasdc.networks.normalized import normalized_conv_encoder
from kerasdc.networks.normalized import normalized_mlp_encoder
from kerasdc.networks.pooled import pooled_decoder
from kerasdc.networks.pooled import pooled_encoder

__all__ = [
    "conv_decoder",
    "conv_encoder",
    "dac_encoder",
    "embedding_mlp",
    "infogan_encoder",
    "infogan_generator",
    "jule_encoder",
    "mlp_decoder",
    "mlp_encoder",
    "noisy_decoder",
    "noisy_encoder",
    "normalized_conv_encoder",
    "normalized_mlp_encoder",
    "pooled_decoder",
    "pooled_encoder",
]
