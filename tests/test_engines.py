"""Spark and Ray, each on a local cluster, where they are installed."""

import numpy as np
import pytest

import kerasdc

NAME = "dec_digits"


@pytest.fixture
def table(tmp_path):
    """The digits in Parquet, and what the model assigns them to."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    x = kerasdc.datasets.load("digits").x[:300]
    pixels = x.reshape(len(x), -1).tolist()
    rows = pyarrow.table({"row": range(len(x)), "pixels": pixels})
    path = tmp_path / "digits.parquet"
    parquet.write_table(rows, path)
    return path, kerasdc.load(NAME).assign(x), x


@pytest.mark.filterwarnings("ignore")  # those engines' own
def test_spark_assigns_as_the_model_does(table, tmp_path):
    sql = pytest.importorskip("pyspark.sql")
    from kerasdc.engines.spark import assign_udf

    path, expected, x = table
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    try:
        frame = session.read.parquet(str(path))
        for output in ("cluster", "embedding"):
            udf = assign_udf(NAME, output, batch_size=128)
            frame = frame.withColumn(output, udf("pixels"))
        out = tmp_path / "spark"
        frame.drop("pixels").write.parquet(str(out))
        found = session.read.parquet(str(out)).orderBy("row").toPandas()
    finally:
        session.stop()
    assert np.array_equal(found["cluster"], expected)
    z = kerasdc.load(NAME).embed(x)
    assert np.allclose(np.stack(found["embedding"]), z, atol=1e-4)


@pytest.mark.filterwarnings("ignore")
def test_ray_assigns_as_the_model_does(table, tmp_path):
    ray = pytest.importorskip("ray")
    from kerasdc.engines.ray import Assign

    path, expected, x = table
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        rows = ray.data.read_parquet(str(path)).map_batches(
            Assign,
            fn_constructor_kwargs={"model": NAME, "column": "pixels"},
            batch_size=128,
            concurrency=1,
        )
        rows.drop_columns(["pixels"]).write_parquet(str(tmp_path / "ray"))
        found = ray.data.read_parquet(str(tmp_path / "ray")).to_pandas()
    finally:
        ray.shutdown()
    found = found.sort_values("row")
    assert np.array_equal(found["cluster"], expected)


def test_an_unknown_output_or_model_fails_before_a_job_begins():
    from kerasdc.engines.loaded import model_of
    from kerasdc.engines.loaded import outputs_of

    with pytest.raises(ValueError, match="dec_digit"):
        model_of("dec_digit")
    model = kerasdc.load(NAME)
    with pytest.raises(ValueError, match="output"):
        outputs_of(model, np.zeros((2, 64)), "clusters")
