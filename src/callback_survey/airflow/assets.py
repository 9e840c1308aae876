"""What one DAG makes and another waits for. Both files must name the same asset, so it has one home."""

from __future__ import annotations

from airflow.sdk import Asset

# Its events carry a partition key, `region|quarter`: one for each new release that is served.
MARTS = Asset(name="callback_marts", uri="x-callback://marts")
