# Empty dependencies file for planted_isa_symbols_1.
# This may be replaced when dependencies are built.
