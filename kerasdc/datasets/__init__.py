"""Public data sets, loaded by name as arrays or texts; files of users.

>>> from kerasdc import datasets
>>> digits = datasets.load("digits")
>>> digits.x.shape
(1797, 8, 8)
"""

from kerasdc.datasets.dataset import Dataset
from kerasdc.datasets.loader import list_names
from kerasdc.datasets.loader import load
from kerasdc.datasets.part_files import Parts
from kerasdc.datasets.sources import Source
from kerasdc.datasets.sources import read_source

__all__ = ["Parts", "Dataset", "Source", "list_names", "load", "read_source"]
