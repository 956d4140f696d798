"""What a project measures, in one file beside its models: `metrics.yml`.

`model` is one metric, `reading` reads and checks the file, `query` computes a metric from its
definition, `page` tells people. `transforms.dbt.semantics` tells dbt, comments tell the warehouse.
"""

from transforms.metrics.model import Measure, Metric, Metrics
from transforms.metrics.page import metrics_page
from transforms.metrics.query import metric_query
from transforms.metrics.reading import METRICS_FILE, metric_problems, read_metrics

__all__ = [
    "METRICS_FILE",
    "Measure",
    "Metric",
    "Metrics",
    "metric_problems",
    "metric_query",
    "metrics_page",
    "read_metrics",
]
