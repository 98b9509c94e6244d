# Empty dependencies file for viditq_native.
# This may be replaced when dependencies are built.
