file(REMOVE_RECURSE
  "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_amx.cpp.o"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_amx.cpp.o.d"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_avx2.cpp.o"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_avx2.cpp.o.d"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_avx512vnni.cpp.o"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_avx512vnni.cpp.o.d"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_avxvnni.cpp.o"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_avxvnni.cpp.o.d"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_portable.cpp.o"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_portable.cpp.o.d"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/quantize/rows_avx2.cpp.o"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/quantize/rows_avx2.cpp.o.d"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/quantize/rows_avx512.cpp.o"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/quantize/rows_avx512.cpp.o.d"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/quantize/rows_portable.cpp.o"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/quantize/rows_portable.cpp.o.d"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/simd/float_avx2.cpp.o"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/simd/float_avx2.cpp.o.d"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/simd/float_avx512.cpp.o"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/simd/float_avx512.cpp.o.d"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/simd/float_portable.cpp.o"
  "CMakeFiles/viditq_isa_kernels.dir/native/src/simd/float_portable.cpp.o.d"
)

# Per-language clean rules from dependency scanning.
foreach(lang CXX)
  include(CMakeFiles/viditq_isa_kernels.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
