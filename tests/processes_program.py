"""One of several processes that train together: run by `test_processes`.

Arguments: address, number of processes, index. Prints losses and clusters.
"""

import json
import sys

import numpy as np

from kerasdc.runs.distributed import join

ADDRESS, COUNT, INDEX = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if COUNT > 1:
    join(ADDRESS, COUNT, INDEX)

import systems  # noqa: E402

from kerasdc import callbacks  # noqa: E402
from kerasdc.utils import processes  # noqa: E402

Y = np.arange(96) % 3
X = np.eye(3, 6)[Y] * 9 + np.random.default_rng(0).normal(0, 0.3, (96, 6))
share = X[processes.share_of(len(X))]

assert processes.num_processes() == COUNT
assert np.array_equal(processes.joined(share), X)
# Of unequal lengths, and of a dtype that JAX would round.
some = X[: 96 - 96 % 7][processes.share_of(91)]
assert np.array_equal(processes.joined(some), X[:91])
assert processes.summed(np.array(len(share))) == len(X)

for system in ("dec", "imsat"):
    model = systems.make(system)
    common = {"batch_size": 32, "verbose": 0, "shuffle": False}
    losses = []
    if systems.can_pretrain(model):
        history = model.pretrain(share, epochs=2, **common)
        losses += history.history["loss"]
    watching = [callbacks.LabelChangeStopping(0.0), callbacks.ClusterSizes()]
    history = model.fit(share, epochs=3, callbacks=watching, **common)
    losses += history.history["loss"]
    found = {
        "losses": losses,
        "changes": history.history["label_change"][1:],
        "sizes": model.cluster_counts.counts.numpy().tolist(),
        "clusters": model.assign(X).tolist(),
    }
    print(json.dumps({system: found}), flush=True)

if COUNT > 1:
    try:
        systems.make("temi").prepare(share)
    except ValueError as error:
        print(json.dumps({"refused": str(error)}), flush=True)
processes.leave()
assert processes.num_processes() == 1
