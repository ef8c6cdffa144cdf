"""Public data sets, loaded by name as arrays or texts.

>>> from kerasdc import datasets
>>> digits = datasets.load("digits")
>>> digits.x.shape
(1797, 8, 8)
"""

from kerasdc.datasets.dataset import Dataset
from kerasdc.datasets.loader import list_names
from kerasdc.datasets.loader import load

__all__ = ["Dataset", "list_names", "load"]
