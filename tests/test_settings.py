import pytest

from kerasdc.runs.settings import Settings


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "Received: seed=-1"),
        ({"epochs": -1}, "Received: epochs=-1"),
        ({"pretrain_epochs": 1.5}, "Received: pretrain_epochs=1.5"),
        ({"dtype_policy": "foo"}, "foo"),
    ],
)
def test_bad_settings_are_met_before_any_training(arguments, message):
    with pytest.raises(ValueError, match=message):
        Settings(**arguments)
