"""Data only: sets of images that D. Cai has prepared as MATLAB files.

As `kerasdc.datasets.catalogue`.
"""

from kerasdc.datasets.record import Entry
from kerasdc.datasets.record import files_at

MATLAB_SETS = (
    Entry(
        name="coil20",
        kind="image",
        value_range=(0, 255),
        source=(
            "COIL-20, processed, 32x32 (S. A. Nene, S. K. Nayar and H. "
            "Murase, 1996), prepared by D. Cai, "
            "https://www.cad.zju.edu.cn/home/dengcai/Data/MLData.html"
        ),
        shape=(32, 32),
        class_counts=(72,) * 20,
        class_names=tuple(f"object {i}" for i in range(1, 21)),
        file="coil20.npz",
        file_sha256=(
            "161bb4add90de05870fb9dd9804847587e0d5480627744950210ad6f7011258b"
        ),
        content_sha256=(
            "2b918c0865986cdf1d269d4f46d50374cc94dea06f33b628a5eac1f2c1d6fbc9"
        ),
        originals=files_at(
            "https://www.cad.zju.edu.cn/home/dengcai/Data/COIL20/",
            ("COIL20.mat", None),
        ),
    ),
    Entry(
        name="cmu_pie",
        kind="image",
        value_range=(0, 255),
        source=(
            "CMU PIE, pose 27, 32x32 (T. Sim, S. Baker and M. Bsat, 2002), "
            "prepared by D. Cai, "
            "https://www.cad.zju.edu.cn/home/dengcai/Data/FaceData.html; "
            "results may be published, images may not"
        ),
        shape=(32, 32),
        class_counts=(42,) * 68,
        class_names=tuple(f"person {i}" for i in range(1, 69)),
        file="cmu_pie.npz",
        file_sha256=(
            "27cf8e14a58821a5d02eee169b038e6df9719b6c030f4ac8a20cd0ba6cacdfa0"
        ),
        content_sha256=(
            "0c49aa300e229a939f5e5381e217a4193e69df541f165ea9f88b071cfdc4e4a8"
        ),
        originals=files_at(
            "https://www.cad.zju.edu.cn/home/dengcai/Data/PIE/",
            ("PIE_pose27.mat", None),
        ),
        samples_public=False,
    ),
)
