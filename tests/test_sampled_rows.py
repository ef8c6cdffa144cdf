import numpy as np
import pytest

from kerasdc.utils.sampled_rows import sampled_rows


def test_few_samples_are_all_taken():
    assert sampled_rows(10, 10, 0) is None
    assert sampled_rows(10, None, 0) is None


def test_a_sample_is_over_all_rows_and_repeatable():
    rows = sampled_rows(10_000, 1000, 3)
    assert np.array_equal(rows, sampled_rows(10_000, 1000, 3))
    assert not np.array_equal(rows, sampled_rows(10_000, 1000, 4))
    assert len(np.unique(rows)) == 1000
    assert (np.diff(rows) > 0).all()
    # 100 of each tenth, with a standard deviation of 9.
    tenths = np.bincount(rows // 1000, minlength=10)
    assert tenths.min() > 60


def test_the_number_is_checked():
    with pytest.raises(ValueError, match="max_samples"):
        sampled_rows(10, 0, 0)
