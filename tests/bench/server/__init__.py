"""Cal.com's lists of bookings at the speed of the wire, for measuring what reads them.

    python -m tests.bench.server --bookings 1000000 --port 8200

prints `ready http://127.0.0.1:8200` and answers the key `cal_sandbox_owner` until it is stopped.
`--latency-ms 150` delays every answer, `--limit 500` counts requests per key as Cal.com does and
refuses those beyond it, `--accounts 200 --bookings 2000` serves as many keys, `cal_bench_0` to
`cal_bench_199`, each with bookings and a budget of its own.

Bookings are copies of the invented ones of the sandbox with uids, times and addresses of their own
(`templates`); a page is spliced from their texts, and only sort keys are kept in memory, so
3,000,000 bookings take about 300 MB (`store`). Everything else, such as event types and members,
the sandbox answers itself (`service`). Unlike the sandbox, rows of equal sort value always come in
one order: peers that page by offset would lose rows otherwise, as they do on Cal.com.

Control, not counted as requests:

* `GET /bench/stats`: requests, refusals and seconds of CPU since the last reset;
* `POST /bench/reset`: begin to count anew, budgets too;
* `POST /bench/change?count=5000`: change so many bookings, spread over all, as of now.

In Python: `with running_server(Settings(bookings=50_000)) as server: server.url`.
"""

from tests.bench.server.process import Server, Settings, running_server

__all__ = ["Server", "Settings", "running_server"]
