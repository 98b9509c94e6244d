// Matrix products of cuBLASLt, the peer of the linear layers, from whichever of its libraries this
// machine has. Found at run time, so that building needs neither its header nor the library.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace acceptance {

// The part of cuBLASLt's binary interface that is used here, the same in versions 12 and 13. Names
// and numbers are those of its documentation; cublaslt_check.cpp compares them with the real header
// where a machine has that.
namespace lt {

enum DataType {
  kFloat32 = 0,
  kFloat16 = 2,
  kInt8 = 3,
  kInt32 = 10,
  kBfloat16 = 14,
  kFloat8E4M3 = 28
};
enum ComputeType { kComputeFloat32 = 68, kComputeInt32 = 72 };
enum Operation { kPlain = 0, kTransposed = 1 };
enum DescAttribute {
  kTransposeA = 3,  // int32: Operation
  kTransposeB = 4,
  kEpilogue = 7,           // uint32: Epilogue
  kBiasPointer = 8,        // pointer to device memory
  kFastAccumulation = 25,  // int8: 8-bit floats may be summed up with fewer bits
  kBiasType = 26           // int32: DataType
};
enum Epilogue { kEpilogueNone = 1, kEpilogueBias = 4 };
enum PreferenceAttribute { kMaxWorkspaceBytes = 1 };  // uint64

// What the heuristic returns: an algorithm, opaque, and what it needs.
struct Algorithm {
  uint64_t data[8];
};
struct HeuristicResult {
  Algorithm algorithm;
  size_t workspace_bytes;
  int32_t state;  // 0: usable
  float waves;
  int32_t reserved[4];
};

using Handle = void*;
using Object = void*;  // a descriptor, layout or preference

struct Functions {
  size_t (*get_version)();
  int (*create)(Handle*);
  int (*destroy)(Handle);
  int (*desc_create)(Object*, int compute, int scale);
  int (*desc_destroy)(Object);
  int (*desc_set)(Object, int attribute, const void* value, size_t bytes);
  int (*layout_create)(Object*, int type, uint64_t rows, uint64_t columns, int64_t leading);
  int (*layout_destroy)(Object);
  int (*preference_create)(Object*);
  int (*preference_destroy)(Object);
  int (*preference_set)(Object, int attribute, const void* value, size_t bytes);
  int (*heuristic)(Handle, Object desc, Object a, Object b, Object c, Object d, Object preference,
                   int asked, HeuristicResult* results, int* found);
  int (*matmul)(Handle, Object desc, const void* alpha, const void* a, Object a_layout,
                const void* b, Object b_layout, const void* beta, const void* c, Object c_layout,
                void* d, Object d_layout, const Algorithm*, void* workspace, size_t workspace_bytes,
                void* stream);
};

}  // namespace lt

// Element types of a product out [rows, channels] = x [rows, inner] * w [channels, inner]^T.
struct ProductTypes {
  const char* name;
  int operands;  // lt::DataType of x and w
  int out;       // lt::DataType
  int compute;   // lt::ComputeType
  int scale;     // lt::DataType of the factor
  bool bias;     // of the type of out
  float factor;  // of all results, 1 where scale is kInt32
};

// What cuBLASLt offers beside the quantized layers: FP16 and FP8 with a bias; INT8 with int32
// results, to which nothing can be added, and with results scaled by one factor and rounded to
// INT8.
extern const ProductTypes kFloat16Product;
extern const ProductTypes kInt8Product;
extern const ProductTypes kInt8ScaledProduct;
extern const ProductTypes kFloat8Product;

size_t bytes_of(int data_type);

class CublasLt {
 public:
  // Loads `path`, or if empty the first that is found of libcublasLt.so.13 and .12. Throws
  // std::runtime_error, one sentence that says what was tried.
  explicit CublasLt(const std::string& path = "");
  ~CublasLt();
  CublasLt(const CublasLt&) = delete;
  CublasLt& operator=(const CublasLt&) = delete;

  size_t version() const { return functions_.get_version(); }

 private:
  friend class Product;
  void* library_ = nullptr;
  lt::Functions functions_ = {};
  lt::Handle handle_ = nullptr;
};

// One product, prepared; launched by an algorithm of those that the heuristic offers.
class Product {
 public:
  // `bias` [channels] in device memory, ignored for types without. Throws std::runtime_error if
  // cuBLASLt offers no algorithm.
  Product(CublasLt& library, const ProductTypes& types, int rows, int channels, int inner,
          const void* bias, size_t workspace_bytes);
  ~Product();
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;

  // Best first by the heuristic's opinion.
  int algorithms() const { return static_cast<int>(algorithms_.size()); }
  // Enqueues the product; false if the library refuses.
  bool launch(int algorithm, const void* x, const void* w, void* out, void* workspace,
              void* stream) const;

 private:
  void destroy();

  CublasLt& library_;
  ProductTypes types_;
  size_t workspace_bytes_;
  lt::Object desc_ = nullptr;
  lt::Object w_layout_ = nullptr;
  lt::Object x_layout_ = nullptr;
  lt::Object out_layout_ = nullptr;
  std::vector<lt::HeuristicResult> algorithms_;
};

}  // namespace acceptance
