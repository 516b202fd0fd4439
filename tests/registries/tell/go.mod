module day2.invalid/registries/tell

go 1.21
