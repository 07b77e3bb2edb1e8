"""Numbers about customers: numpy kernels over columns. No I/O, no clock."""
