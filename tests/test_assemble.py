import numpy as np

from kerasdc.datasets.assemble import assemble
from kerasdc.datasets.catalogue import ENTRIES


def test_imbalanced_keeps_the_first_of_each_class_and_split():
    y_train, y_test = np.arange(1000) % 10, np.arange(100) % 10
    x = np.arange(1100)[:, None, None]
    content = {
        "x_train": x[:1000],
        "y_train": y_train,
        "x_test": x[1000:],
        "y_test": y_test,
    }
    data = assemble(ENTRIES["mnist_imbalanced"], content)
    # 100 and 10 samples times 10^(-c / 9).
    train = [100, 77, 60, 46, 36, 28, 22, 17, 13, 10]
    test = [10, 8, 6, 5, 4, 3, 2, 2, 1, 1]
    assert np.bincount(data.y_train).tolist() == train
    assert np.bincount(data.y_test).tolist() == test
    rows = data.x_train[data.y_train == 9].ravel()
    assert rows.tolist() == list(range(9, 100, 10))
    assert (data.x_train.ravel() % 10 == data.y_train).all()
    assert data.x_test.min() >= 1000
    assert len(data.x) == sum(train) + sum(test)


def test_features_of_the_training_part_come_first():
    x = np.arange(6, dtype="float16")[:, None]
    test = np.array([True, False, False, True, False, True])
    content = {"x": x, "y": np.arange(6, dtype="uint8"), "test": test}
    data = assemble(ENTRIES["20newsgroups_minilm"], content)
    assert data.x.dtype == "float32"
    assert data.x_train.ravel().tolist() == [1, 2, 4]
    assert data.y_test.tolist() == data.x_test.ravel().tolist() == [0, 3, 5]
