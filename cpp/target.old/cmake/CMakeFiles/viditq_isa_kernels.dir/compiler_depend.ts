# CMAKE generated file: DO NOT EDIT!
# Timestamp file for compiler generated dependencies management for viditq_isa_kernels.
