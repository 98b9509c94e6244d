file(REMOVE_RECURSE
  "CMakeFiles/planted_isa_symbols_2.dir/native/test/planted_isa_symbols.cpp.o"
  "CMakeFiles/planted_isa_symbols_2.dir/native/test/planted_isa_symbols.cpp.o.d"
)

# Per-language clean rules from dependency scanning.
foreach(lang CXX)
  include(CMakeFiles/planted_isa_symbols_2.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
