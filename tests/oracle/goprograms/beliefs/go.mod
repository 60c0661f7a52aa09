module beliefs

go 1.22
