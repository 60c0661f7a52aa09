"""DOOR: a read-only web application over a database, for browsers, Grafana and scripts.

app.py      the routes, and what every answer has in common
guard.py    who is answered: Host, Origin, token, sizes; the headers that keep a page to itself
pages.py    HTML for people
data.py     every view and any query as JSON, CSV, Arrow and Parquet
metrics.py  OpenMetrics for alerts
pyroscope/  the calls that Grafana's Pyroscope data source makes
"""
