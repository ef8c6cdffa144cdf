"""Data only: sets of features that a pretrained network has made.

As `kerasdc.datasets.catalogue`. They have no public home that is read here.
"""

from kerasdc.datasets.record import Entry
from kerasdc.datasets.record import counts

FEATURE_SETS = (
    Entry(
        name="imagenet50_moco",
        kind="tabular",
        value_range=(-0.38274386525154114, 0.39861351251602173),
        source=(
            "ImageNet (J. Deng et al., 2009), 2,500 images of 50 classes as "
            "128 features of unit length by MoCo (K. He et al., 2020), from "
            "https://github.com/BGU-CS-VIL/DeepDPM"
        ),
        shape=(128,),
        class_counts=(50,) * 50,
        class_names=tuple(f"class {i}" for i in range(50)),
        file="imagenet50_moco.npz",
        file_sha256=(
            "1c5341b5c63ae6852e49e2a54039b08e9c06c5fca6b564faf68e636a4b4f9d0a"
        ),
        content_sha256=(
            "d6fc2cdf79a938be2bdb8ac90b977a03352401831502944a85797718422c4595"
        ),
        exact=True,
    ),
    Entry(
        name="20newsgroups_minilm",
        kind="tabular",
        value_range=(-0.26513671875, 0.38330078125),
        source=(
            '20 Newsgroups, "bydate" (K. Lang, 1995; J. Rennie), without '
            "headers and quotes, as 384 features of unit length by the "
            "sentence encoder all-MiniLM-L6-v2 (first 128 tokens)"
        ),
        shape=(384,),
        class_counts=counts(
            "799 973 985 982 963 988 975 990 996 994 999 991 984 990 987 "
            "997 910 940 775 628"
        ),
        class_names=tuple(
            "alt.atheism comp.graphics comp.os.ms-windows.misc "
            "comp.sys.ibm.pc.hardware comp.sys.mac.hardware comp.windows.x "
            "misc.forsale rec.autos rec.motorcycles rec.sport.baseball "
            "rec.sport.hockey sci.crypt sci.electronics sci.med sci.space "
            "soc.religion.christian talk.politics.guns talk.politics.mideast "
            "talk.politics.misc talk.religion.misc".split()
        ),
        file="20newsgroups_minilm.npz",
        file_sha256=(
            "c5609818e221728bb39c7b24c625b8d9621518d13666d6b328cf2af47bace2b9"
        ),
        content_sha256=(
            "b918418199a904e27076b5f7b4dd79e10b9887e8ab9497dd44159aefc58a1ec0"
        ),
        exact=True,
    ),
)
