module example.org/multi_status

go 1.19
