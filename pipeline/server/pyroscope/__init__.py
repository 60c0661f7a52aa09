"""The calls that Grafana's Pyroscope data source makes, Profiles Drilldown and profilecli too, as far as a database can answer.

connect.py   the Connect protocol: one message in, one out, as protobuf or JSON; errors with a code
selector.py  Prometheus' selectors
request.py   what a message asks, checked
calls.py     one function a call
graphs.py    bars of a flame graph as messages and as JSON
files.py     what is selected as a profile of pprof
render.py    the addresses of before Connect, which Profiles Drilldown still asks
"""
