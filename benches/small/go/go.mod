module example.org/small

go 1.19

require example.org/smsp v0.0.0

replace example.org/smsp => ../../../bindings/go
