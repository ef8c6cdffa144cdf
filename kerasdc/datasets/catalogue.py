"""Data only: shape, classes, source and digests of every data set.

`file_sha256` is the digest of the normalized file, `content_sha256` that of
`dataset.content_sha256`. Originals have the digests that public loaders such
as scikit-learn's and torchvision's check, or `None` if none is published.
"""

import dataclasses

from kerasdc.datasets.feature_sets import FEATURE_SETS
from kerasdc.datasets.matlab_sets import MATLAB_SETS
from kerasdc.datasets.record import Entry
from kerasdc.datasets.record import Original
from kerasdc.datasets.record import counts
from kerasdc.datasets.record import files_at

_DIGITS = tuple("0123456789")
_IDX = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def _idx(bases, digests):
    return tuple(
        Original(name, tuple(base + name for base in bases), digest)
        for name, digest in zip(_IDX, digests)
    )


_ENTRIES = (
    Entry(
        name="digits",
        kind="image",
        value_range=(0, 16),
        source=(
            "UCI Optical Recognition of Handwritten Digits, test part, as "
            "embedded in scikit-learn (E. Alpaydin and C. Kaynak, 1998)"
        ),
        shape=(8, 8),
        class_counts=counts("178 182 177 183 181 182 181 179 174 180"),
        class_names=_DIGITS,
        content_sha256=(
            "dbfb2770e14655342f4e3f43cec7e39853eb20a007da8d9e28f31fbecbff82c3"
        ),
        exact=True,
    ),
    Entry(
        name="mnist",
        kind="image",
        value_range=(0, 255),
        source=(
            "MNIST (Y. LeCun, C. Cortes and C. Burges, 1998), "
            "http://yann.lecun.com/exdb/mnist/"
        ),
        shape=(28, 28),
        class_counts=counts(
            "6903 7877 6990 7141 6824 6313 6876 7293 6825 6958"
        ),
        class_names=_DIGITS,
        file="mnist.npz",
        file_sha256=(
            "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"
        ),
        content_sha256=(
            "36cbf064c8814017468e1a7a11bf567e81e7a4500102101b3d5a209d522d69da"
        ),
        exact=True,
        originals=_idx(
            (
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
            ),
            (
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        ),
    ),
    Entry(
        name="fashion_mnist",
        kind="image",
        value_range=(0, 255),
        source=(
            "Fashion-MNIST (H. Xiao, K. Rasul and R. Vollgraf, 2017), "
            "https://github.com/zalandoresearch/fashion-mnist"
        ),
        shape=(28, 28),
        class_counts=(7000,) * 10,
        class_names=tuple(
            "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,"
            "Bag,Ankle boot".split(",")
        ),
        file="fashion_mnist.npz",
        file_sha256=(
            "5b6d2c4c694a91887af8ab7d039c04f80af3c29378d731c93a538d2e831aa469"
        ),
        content_sha256=(
            "9277166c1474ec00de8d233232f22ff23aa3988c7679e55f1844ecdf90ea8f1a"
        ),
        exact=True,
        originals=_idx(
            (
                "https://raw.githubusercontent.com/zalandoresearch/"
                "fashion-mnist/master/data/fashion/",
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            ),
            (
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ),
    ),
    Entry(
        name="usps",
        kind="image",
        value_range=(0.0, 1.0),
        source=(
            "USPS (J. J. Hull, 1994), "
            "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/"
        ),
        shape=(16, 16),
        class_counts=counts("1553 1269 929 824 852 716 834 792 708 821"),
        class_names=_DIGITS,
        file="usps.npz",
        file_sha256=(
            "95e790f272f9ff97b293f6960cbae5a4632b24788dc64725d33a6fed681fab9f"
        ),
        content_sha256=(
            "91e9964f61a0b5ec4fc89f6aa52a76fbd5c1aae9d75330b2b35a8c919a45ec28"
        ),
        originals=files_at(
            "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/"
            "multiclass/",
            (
                "usps.bz2",
                "3771e9dd6ba685185f89867b6e249233dd74652389f263963b3b741e994b034f",
            ),
            (
                "usps.t.bz2",
                "a9c0164e797d60142a50604917f0baa604f326e9a689698763793fa5d12ffc4e",
            ),
        ),
    ),
    Entry(
        name="pendigits",
        kind="tabular",
        value_range=(0, 100),
        source=(
            "UCI Pen-Based Recognition of Handwritten Digits (E. Alpaydin "
            "and F. Alimoglu, 1998), https://archive.ics.uci.edu/dataset/81"
        ),
        shape=(16,),
        class_counts=counts(
            "1143 1143 1144 1055 1144 1055 1056 1142 1055 1055"
        ),
        class_names=_DIGITS,
        file="pendigits.npz",
        file_sha256=(
            "179ea2a0d563ccbcb08423a61a5562e95247cbe57ea5eb33a940207547cb8616"
        ),
        content_sha256=(
            "069074f6c778880888d7d78e3a08ea3cade1792fd3f8fa5d05e9d9399bed67fc"
        ),
        exact=True,
        originals=files_at(
            "https://archive.ics.uci.edu/ml/machine-learning-databases/"
            "pendigits/",
            ("pendigits.tra", None),
            ("pendigits.tes", None),
        ),
    ),
    *MATLAB_SETS,
    Entry(
        name="20newsgroups",
        kind="text",
        value_range=None,
        source=(
            '20 Newsgroups, "bydate" (K. Lang, 1995; J. Rennie), headers '
            "included, http://qwone.com/~jason/20Newsgroups/"
        ),
        shape=(),
        class_counts=counts(
            "799 973 985 982 963 988 975 990 996 994 999 991 984 990 987 "
            "997 910 940 775 628"
        ),
        file="20newsgroups.jsonl.gz",
        file_sha256=(
            "fb4eaf9f62c2d4cd28e0e2c0833025f011eb6eae17d3959ef7ac4db494f1d037"
        ),
        content_sha256=(
            "dae32d3047f91636c3b6f9fe678538abe1bf0a696e0d3fd3b33c22bed5a094fc"
        ),
        originals=(
            Original(
                "20news-bydate.tar.gz",
                (
                    "https://ndownloader.figshare.com/files/5975967",
                    "http://qwone.com/~jason/20Newsgroups/20news-bydate.tar.gz",
                ),
                "8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610",
            ),
        ),
    ),
    Entry(
        name="reuters21578",
        kind="text",
        value_range=None,
        source=(
            "Reuters-21578, distribution 1.0 (D. D. Lewis, 1997): documents "
            "with one topic, of the ten most frequent, "
            "https://archive.ics.uci.edu/dataset/137"
        ),
        shape=(),
        class_counts=counts("3945 2362 408 361 307 285 161 158 143 116"),
        file="reuters21578.jsonl.gz",
        file_sha256=(
            "b219f1bd66377b45bfbf93dfa4ca70fd41f30f2799f11eef6f4a76e9059c0c96"
        ),
        content_sha256=(
            "233e0ca93700f4e871a2ca39279133ee8194da369e0913d52247c99db06f99c7"
        ),
        originals=(
            Original(
                "reuters21578.tar.gz",
                (
                    "https://archive.ics.uci.edu/ml/"
                    "machine-learning-databases/reuters21578-mld/"
                    "reuters21578.tar.gz",
                    "https://kdd.ics.uci.edu/databases/reuters21578/"
                    "reuters21578.tar.gz",
                ),
            ),
        ),
    ),
    Entry(
        name="rcv1",
        kind="tabular",
        value_range=(0.0, 2000**0.5),
        source=(
            "RCV1-v2 (D. D. Lewis et al., 2004) through scikit-learn: 10,000 "
            "documents of four root categories as 2,000 tf-idf features"
        ),
        shape=(2000,),
        class_counts=None,
        class_names=("CCAT", "ECAT", "GCAT", "MCAT"),
        file="rcv1.npz",
    ),
)

ENTRIES = {entry.name: entry for entry in (*_ENTRIES, *FEATURE_SETS)}

ENTRIES["mnist_imbalanced"] = dataclasses.replace(
    ENTRIES["mnist"],
    name="mnist_imbalanced",
    source=(
        "MNIST (Y. LeCun, C. Cortes and C. Burges, 1998) with classes of "
        "falling size: of digit c the first 10^(-c/9) of each split"
    ),
    class_counts=counts("6903 6099 4191 3315 2453 1756 1481 1216 882 696"),
    content_sha256=(
        "30a33a90edd94429f711613df16b21f72116dd0250df8e977a874d6a5d3bc730"
    ),
)
