
# Consider dependencies only in project.
set(CMAKE_DEPENDS_IN_PROJECT_ONLY OFF)

# The set of languages for which implicit dependencies are needed:
set(CMAKE_DEPENDS_LANGUAGES
  )

# The set of dependency files which are needed:
set(CMAKE_DEPENDS_DEPENDENCY_FILES
  "/work/wt/schemes/cpp/native/src/attention/attention.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/attention/attention.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/attention/attention.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/dense/convolution.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/dense/convolution.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/dense/convolution.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/dense/dense_linear.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/dense/dense_linear.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/dense/dense_linear.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/entry/status.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/entry/status.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/entry/status.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/multiply.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/multiply.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/multiply.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/packed_weights.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/packed_weights.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/packed_weights.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/product.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/product.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/product.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/quantized_linear.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/quantized_linear.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/quantized_linear.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/quantized_linear_to_codes.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/quantized_linear_to_codes.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/quantized_linear_to_codes.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/quantized_product.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/quantized_product.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/quantized_product.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/tile_amx.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/tile_amx.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/tile_amx.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/tile_avx2.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/tile_avx2.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/tile_avx2.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/tile_avx512vnni.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/tile_avx512vnni.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/tile_avx512vnni.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/tile_avxvnni.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/tile_avxvnni.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/tile_avxvnni.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/tile_portable.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/tile_portable.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/gemm/tile_portable.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/memory/library_pages.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/memory/library_pages.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/memory/library_pages.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/memory/mapped_pages.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/memory/mapped_pages.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/memory/mapped_pages.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/memory/memory.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/memory/memory.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/memory/memory.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/norm/normalize.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/norm/normalize.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/norm/normalize.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/pointwise/combine.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/pointwise/combine.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/pointwise/combine.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/pointwise/embeddings.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/pointwise/embeddings.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/pointwise/embeddings.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/pointwise/moves.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/pointwise/moves.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/pointwise/moves.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/pointwise/pointwise.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/pointwise/pointwise.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/pointwise/pointwise.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/quantize/modulate_quantize.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/quantize/modulate_quantize.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/quantize/modulate_quantize.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/quantize/quantize_activations.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/quantize/quantize_activations.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/quantize/quantize_activations.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/quantize/rotate_quantize.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/quantize/rotate_quantize.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/quantize/rotate_quantize.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/quantize/rows_avx2.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/quantize/rows_avx2.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/quantize/rows_avx2.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/quantize/rows_avx512.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/quantize/rows_avx512.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/quantize/rows_avx512.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/quantize/rows_portable.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/quantize/rows_portable.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/quantize/rows_portable.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/simd/float_avx2.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/simd/float_avx2.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/simd/float_avx2.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/simd/float_avx512.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/simd/float_avx512.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/simd/float_avx512.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/simd/float_portable.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/simd/float_portable.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/simd/float_portable.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/simd/isa.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/simd/isa.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/simd/isa.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/threads/context.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/threads/context.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/threads/context.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/threads/thread_pool.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/threads/thread_pool.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/threads/thread_pool.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/threads/work.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/src/threads/work.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/src/threads/work.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/attention_test.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/attention_test.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/attention_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/entry_points_test.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/entry_points_test.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/entry_points_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/layers_test.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/layers_test.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/layers_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/library_pages_test.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/library_pages_test.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/library_pages_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/main.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/main.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/main.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/mapped_pages_test.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/mapped_pages_test.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/mapped_pages_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/modulate_quantize_test.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/modulate_quantize_test.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/modulate_quantize_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/multiply_test.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/multiply_test.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/multiply_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/normalize_test.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/normalize_test.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/normalize_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/pointwise_test.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/pointwise_test.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/pointwise_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/quantize_groups_test.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/quantize_groups_test.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/quantize_groups_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/quantize_test.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/quantize_test.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/quantize_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/quantized_linear_test.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/quantized_linear_test.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/quantized_linear_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/quantized_linear_to_codes_test.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/quantized_linear_to_codes_test.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/quantized_linear_to_codes_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/rotate_test.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/rotate_test.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/rotate_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/thread_pool_test.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/thread_pool_test.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/thread_pool_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/work_test.cpp" "CMakeFiles/kernels_test_sanitized.dir/native/test/work_test.cpp.o" "gcc" "CMakeFiles/kernels_test_sanitized.dir/native/test/work_test.cpp.o.d"
  )

# Targets to which this target links.
set(CMAKE_TARGET_LINKED_INFO_FILES
  )

# Fortran module output directory.
set(CMAKE_Fortran_TARGET_MODULE_DIR "")
