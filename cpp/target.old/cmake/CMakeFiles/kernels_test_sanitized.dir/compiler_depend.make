# Empty compiler generated dependencies file for kernels_test_sanitized.
# This may be replaced when dependencies are built.
