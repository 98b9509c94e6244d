# Empty dependencies file for viditq_isa_kernels.
# This may be replaced when dependencies are built.
