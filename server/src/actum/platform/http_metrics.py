"""How many requests were answered and how long that took, counted in plain numbers and told when asked.

Every request is counted, so counting must cost next to nothing: the client library's histograms take a lock
and walk their buckets at each observation. All counting happens on the event loop's thread.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class _Times:
    """Seconds of one method and route: how many fell below each bound and above the one before, and their sum."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(_BOUNDS) + 1)
        self.total = 0.0

    def buckets(self) -> list[tuple[str, float]]:
        """Counts up to each bound, as the exposition format wants them."""
        told, so_far = [], 0
        for bound, count in zip((*map(str, _BOUNDS), "+Inf"), self.counts, strict=True):
            so_far += count
            told.append((bound, float(so_far)))
        return told


class HttpMetrics(Collector):
    """Counts and times by route; routes, never paths or orgs, so that the number of series stays bounded."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests: dict[tuple[str, str, int], int] = {}
        self._seconds: dict[tuple[str, str], _Times] = {}
        registry.register(self)

    def count(self, method: str, route: str, outcome: tuple[int, float]) -> None:
        """Count one answer: its status and its seconds."""
        status, seconds = outcome
        key = (method, route, status)
        self._requests[key] = self._requests.get(key, 0) + 1
        times = self._seconds.get((method, route))
        if times is None:
            times = self._seconds[method, route] = _Times()
        times.counts[bisect_left(_BOUNDS, seconds)] += 1
        times.total += seconds

    def collect(self) -> Iterator[Metric]:
        """Everything counted so far."""
        requests = CounterMetricFamily(
            "actum_http_requests", "Requests answered.", labels=["method", "route", "status"]
        )
        for (method, route, status), count in self._requests.items():
            requests.add_metric([method, route, str(status)], count)
        yield requests
        seconds = HistogramMetricFamily(
            "actum_http_request_duration_seconds",
            "Seconds from the first byte of a request to the last of its answer.",
            labels=["method", "route"],
        )
        for (method, route), times in self._seconds.items():
            seconds.add_metric([method, route], times.buckets(), times.total)
        yield seconds
