"""DOOR: the database in a terminal, browsed with the keyboard; textual is known here alone.

app.py     the application: which page is on top, what it does with a newly published database
page.py    what every page has in common: questions in a thread, `/`, what is said at the bottom
series.py  every series; sites.py the allocation sites of one; site.py one site
flame.py   a flame graph to move and zoom in
texts.py   goroutines, collector and memory, and the keys, as text
sql.py     any question
"""
