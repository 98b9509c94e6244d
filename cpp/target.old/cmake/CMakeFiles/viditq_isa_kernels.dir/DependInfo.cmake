
# Consider dependencies only in project.
set(CMAKE_DEPENDS_IN_PROJECT_ONLY OFF)

# The set of languages for which implicit dependencies are needed:
set(CMAKE_DEPENDS_LANGUAGES
  )

# The set of dependency files which are needed:
set(CMAKE_DEPENDS_DEPENDENCY_FILES
  "/work/wt/schemes/cpp/native/src/gemm/tile_amx.cpp" "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_amx.cpp.o" "gcc" "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_amx.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/tile_avx2.cpp" "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_avx2.cpp.o" "gcc" "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_avx2.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/tile_avx512vnni.cpp" "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_avx512vnni.cpp.o" "gcc" "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_avx512vnni.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/tile_avxvnni.cpp" "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_avxvnni.cpp.o" "gcc" "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_avxvnni.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/tile_portable.cpp" "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_portable.cpp.o" "gcc" "CMakeFiles/viditq_isa_kernels.dir/native/src/gemm/tile_portable.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/quantize/rows_avx2.cpp" "CMakeFiles/viditq_isa_kernels.dir/native/src/quantize/rows_avx2.cpp.o" "gcc" "CMakeFiles/viditq_isa_kernels.dir/native/src/quantize/rows_avx2.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/quantize/rows_avx512.cpp" "CMakeFiles/viditq_isa_kernels.dir/native/src/quantize/rows_avx512.cpp.o" "gcc" "CMakeFiles/viditq_isa_kernels.dir/native/src/quantize/rows_avx512.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/quantize/rows_portable.cpp" "CMakeFiles/viditq_isa_kernels.dir/native/src/quantize/rows_portable.cpp.o" "gcc" "CMakeFiles/viditq_isa_kernels.dir/native/src/quantize/rows_portable.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/simd/float_avx2.cpp" "CMakeFiles/viditq_isa_kernels.dir/native/src/simd/float_avx2.cpp.o" "gcc" "CMakeFiles/viditq_isa_kernels.dir/native/src/simd/float_avx2.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/simd/float_avx512.cpp" "CMakeFiles/viditq_isa_kernels.dir/native/src/simd/float_avx512.cpp.o" "gcc" "CMakeFiles/viditq_isa_kernels.dir/native/src/simd/float_avx512.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/simd/float_portable.cpp" "CMakeFiles/viditq_isa_kernels.dir/native/src/simd/float_portable.cpp.o" "gcc" "CMakeFiles/viditq_isa_kernels.dir/native/src/simd/float_portable.cpp.o.d"
  )

# Targets to which this target links.
set(CMAKE_TARGET_LINKED_INFO_FILES
  )

# Fortran module output directory.
set(CMAKE_Fortran_TARGET_MODULE_DIR "")
