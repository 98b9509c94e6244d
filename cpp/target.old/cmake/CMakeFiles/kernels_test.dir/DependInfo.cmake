
# Consider dependencies only in project.
set(CMAKE_DEPENDS_IN_PROJECT_ONLY OFF)

# The set of languages for which implicit dependencies are needed:
set(CMAKE_DEPENDS_LANGUAGES
  )

# The set of dependency files which are needed:
set(CMAKE_DEPENDS_DEPENDENCY_FILES
  "/work/wt/schemes/cpp/native/test/attention_test.cpp" "CMakeFiles/kernels_test.dir/native/test/attention_test.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/attention_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/entry_points_test.cpp" "CMakeFiles/kernels_test.dir/native/test/entry_points_test.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/entry_points_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/layers_test.cpp" "CMakeFiles/kernels_test.dir/native/test/layers_test.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/layers_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/library_pages_test.cpp" "CMakeFiles/kernels_test.dir/native/test/library_pages_test.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/library_pages_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/main.cpp" "CMakeFiles/kernels_test.dir/native/test/main.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/main.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/mapped_pages_test.cpp" "CMakeFiles/kernels_test.dir/native/test/mapped_pages_test.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/mapped_pages_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/modulate_quantize_test.cpp" "CMakeFiles/kernels_test.dir/native/test/modulate_quantize_test.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/modulate_quantize_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/multiply_test.cpp" "CMakeFiles/kernels_test.dir/native/test/multiply_test.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/multiply_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/normalize_test.cpp" "CMakeFiles/kernels_test.dir/native/test/normalize_test.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/normalize_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/pointwise_test.cpp" "CMakeFiles/kernels_test.dir/native/test/pointwise_test.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/pointwise_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/quantize_groups_test.cpp" "CMakeFiles/kernels_test.dir/native/test/quantize_groups_test.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/quantize_groups_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/quantize_test.cpp" "CMakeFiles/kernels_test.dir/native/test/quantize_test.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/quantize_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/quantized_linear_test.cpp" "CMakeFiles/kernels_test.dir/native/test/quantized_linear_test.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/quantized_linear_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/quantized_linear_to_codes_test.cpp" "CMakeFiles/kernels_test.dir/native/test/quantized_linear_to_codes_test.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/quantized_linear_to_codes_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/rotate_test.cpp" "CMakeFiles/kernels_test.dir/native/test/rotate_test.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/rotate_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/thread_pool_test.cpp" "CMakeFiles/kernels_test.dir/native/test/thread_pool_test.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/thread_pool_test.cpp.o.d"
  "/work/wt/schemes/cpp/native/test/work_test.cpp" "CMakeFiles/kernels_test.dir/native/test/work_test.cpp.o" "gcc" "CMakeFiles/kernels_test.dir/native/test/work_test.cpp.o.d"
  )

# Targets to which this target links.
set(CMAKE_TARGET_LINKED_INFO_FILES
  "/work/wt/schemes/cpp/target/cmake/CMakeFiles/viditq_native.dir/DependInfo.cmake"
  )

# Fortran module output directory.
set(CMAKE_Fortran_TARGET_MODULE_DIR "")
