"""Small neural networks on the engine's public operations: build, train, save."""

from autodiff.nn.activations import ACTIVATIONS as ACTIVATIONS, Activation as Activation
from autodiff.nn.attention import (
    EachElement as EachElement,
    SelfAttention as SelfAttention,
    attention as attention,
)
from autodiff.nn.batches import Curriculum as Curriculum, Minibatches as Minibatches
from autodiff.nn.blocks import (
    BatchNorm as BatchNorm,
    Gated as Gated,
    Maxout as Maxout,
    RandomisedLeakyReLU as RandomisedLeakyReLU,
    Residual as Residual,
    settle as settle,
)
from autodiff.nn.costs import predictions as predictions
from autodiff.nn.initialisers import (
    INITIALISERS as INITIALISERS,
    gaussian as gaussian,
    he as he,
    uniform as uniform,
    xavier as xavier,
    zeros as zeros,
)
from autodiff.nn.layers import MLP as MLP, Layer as Layer, Neuron as Neuron, Sequential as Sequential
from autodiff.nn.losses import (
    LOSSES as LOSSES,
    Loss as Loss,
    binary_cross_entropy as binary_cross_entropy,
    binary_cross_entropy_from_logits as binary_cross_entropy_from_logits,
    cross_entropy as cross_entropy,
    cross_entropy_from_logits as cross_entropy_from_logits,
    half_squared_error as half_squared_error,
    hinge as hinge,
    kl_divergence as kl_divergence,
    mean_absolute_error as mean_absolute_error,
    mean_squared_error as mean_squared_error,
    multiclass_hinge as multiclass_hinge,
)
from autodiff.nn.modules import Module as Module
from autodiff.nn.optimisers import (
    SGD as SGD,
    Adam as Adam,
    cosine as cosine,
    exponential as exponential,
    inverse as inverse,
    linear as linear,
)
from autodiff.nn.recurrent import GRUCell as GRUCell, LSTMCell as LSTMCell, Recurrent as Recurrent
from autodiff.nn.saving import ModelFileError as ModelFileError, load as load, save as save
from autodiff.nn.training import (
    DivergedError as DivergedError,
    EarlyStopping as EarlyStopping,
    History as History,
    fit as fit,
)
