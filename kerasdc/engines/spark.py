"""Assigning rows of a Spark data frame."""

import math

from kerasdc.engines.loaded import OUTPUTS
from kerasdc.engines.loaded import model_of
from kerasdc.engines.loaded import outputs_of
from kerasdc.engines.loaded import sample_shape
from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.arguments import checked_count


def assign_udf(model, output="cluster", batch_size=1024):
    """A function of Spark columns that assigns rows to clusters.

    Each Python worker loads the model once. Needs `pip install
    kerasdc[spark]`, also on the workers.

    Args:
        model: Name of a published model, or path of a `.keras` that every
            worker can read.
        output: `"cluster"`, `"soft_assignment"` or `"embedding"`.
        batch_size: Integer, rows that the model is given at once.

    Returns:
        A function of one column, an array of a sample's numbers (of columns
        of numbers, `pyspark.sql.functions.array` makes one); it returns a
        column: integers, or arrays of floats.

    Raises:
        ImportError: If pyspark is missing.
        ValueError: If there is no such model or output.

    Example:

        clusters = kerasdc.engines.spark.assign_udf("dec_mnist")
        frame.withColumn("cluster", clusters("pixels"))
    """
    from pyspark.ml.functions import predict_batch_udf
    from pyspark.sql.types import ArrayType
    from pyspark.sql.types import FloatType
    from pyspark.sql.types import IntegerType

    checked_choice("output", output, OUTPUTS)
    # Here, too, so that a wrong name fails before the job begins.
    width = math.prod(sample_shape(model_of(model)))
    is_cluster = output == "cluster"

    def make():
        fitted = model_of(model)
        return lambda rows: outputs_of(fitted, rows, output)

    return predict_batch_udf(
        make,
        return_type=IntegerType() if is_cluster else ArrayType(FloatType()),
        batch_size=checked_count("batch_size", batch_size),
        input_tensor_shapes=[[width]],
    )
