"""Generated from proto/xieban by `make proto`. Not edited by hand."""
