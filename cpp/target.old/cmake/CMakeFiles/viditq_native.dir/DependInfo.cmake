
# Consider dependencies only in project.
set(CMAKE_DEPENDS_IN_PROJECT_ONLY OFF)

# The set of languages for which implicit dependencies are needed:
set(CMAKE_DEPENDS_LANGUAGES
  )

# The set of dependency files which are needed:
set(CMAKE_DEPENDS_DEPENDENCY_FILES
  "/work/wt/schemes/cpp/native/src/attention/attention.cpp" "CMakeFiles/viditq_native.dir/native/src/attention/attention.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/attention/attention.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/dense/convolution.cpp" "CMakeFiles/viditq_native.dir/native/src/dense/convolution.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/dense/convolution.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/dense/dense_linear.cpp" "CMakeFiles/viditq_native.dir/native/src/dense/dense_linear.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/dense/dense_linear.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/entry/status.cpp" "CMakeFiles/viditq_native.dir/native/src/entry/status.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/entry/status.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/multiply.cpp" "CMakeFiles/viditq_native.dir/native/src/gemm/multiply.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/gemm/multiply.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/packed_weights.cpp" "CMakeFiles/viditq_native.dir/native/src/gemm/packed_weights.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/gemm/packed_weights.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/product.cpp" "CMakeFiles/viditq_native.dir/native/src/gemm/product.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/gemm/product.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/quantized_linear.cpp" "CMakeFiles/viditq_native.dir/native/src/gemm/quantized_linear.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/gemm/quantized_linear.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/quantized_linear_to_codes.cpp" "CMakeFiles/viditq_native.dir/native/src/gemm/quantized_linear_to_codes.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/gemm/quantized_linear_to_codes.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/gemm/quantized_product.cpp" "CMakeFiles/viditq_native.dir/native/src/gemm/quantized_product.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/gemm/quantized_product.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/memory/library_pages.cpp" "CMakeFiles/viditq_native.dir/native/src/memory/library_pages.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/memory/library_pages.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/memory/mapped_pages.cpp" "CMakeFiles/viditq_native.dir/native/src/memory/mapped_pages.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/memory/mapped_pages.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/memory/memory.cpp" "CMakeFiles/viditq_native.dir/native/src/memory/memory.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/memory/memory.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/norm/normalize.cpp" "CMakeFiles/viditq_native.dir/native/src/norm/normalize.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/norm/normalize.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/pointwise/combine.cpp" "CMakeFiles/viditq_native.dir/native/src/pointwise/combine.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/pointwise/combine.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/pointwise/embeddings.cpp" "CMakeFiles/viditq_native.dir/native/src/pointwise/embeddings.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/pointwise/embeddings.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/pointwise/moves.cpp" "CMakeFiles/viditq_native.dir/native/src/pointwise/moves.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/pointwise/moves.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/pointwise/pointwise.cpp" "CMakeFiles/viditq_native.dir/native/src/pointwise/pointwise.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/pointwise/pointwise.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/quantize/modulate_quantize.cpp" "CMakeFiles/viditq_native.dir/native/src/quantize/modulate_quantize.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/quantize/modulate_quantize.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/quantize/quantize_activations.cpp" "CMakeFiles/viditq_native.dir/native/src/quantize/quantize_activations.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/quantize/quantize_activations.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/quantize/rotate_quantize.cpp" "CMakeFiles/viditq_native.dir/native/src/quantize/rotate_quantize.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/quantize/rotate_quantize.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/simd/isa.cpp" "CMakeFiles/viditq_native.dir/native/src/simd/isa.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/simd/isa.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/threads/context.cpp" "CMakeFiles/viditq_native.dir/native/src/threads/context.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/threads/context.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/threads/thread_pool.cpp" "CMakeFiles/viditq_native.dir/native/src/threads/thread_pool.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/threads/thread_pool.cpp.o.d"
  "/work/wt/schemes/cpp/native/src/threads/work.cpp" "CMakeFiles/viditq_native.dir/native/src/threads/work.cpp.o" "gcc" "CMakeFiles/viditq_native.dir/native/src/threads/work.cpp.o.d"
  )

# Targets to which this target links.
set(CMAKE_TARGET_LINKED_INFO_FILES
  )

# Fortran module output directory.
set(CMAKE_Fortran_TARGET_MODULE_DIR "")
