// A stand-in for cuBLASLt: the functions that cublaslt.h names, for INT8 operands, on host memory.
// Matrices are columns behind each other, as in the real library; what the callers do wrong comes
// back as a status.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "cublaslt.h"

using namespace acceptance;

namespace {

constexpr int kInvalid = 7;
constexpr int kNotSupported = 15;
constexpr size_t kWorkspace = 256;

struct Desc {
  int compute;
  int scale;
  std::map<int, std::vector<unsigned char>> attributes;

  int32_t number(int attribute, int32_t otherwise) const {
    const auto found = attributes.find(attribute);
    if (found == attributes.end()) return otherwise;
    int32_t value;
    std::memcpy(&value, found->second.data(), sizeof value);
    return value;
  }
};

struct Layout {
  int type;
  uint64_t rows;
  uint64_t columns;
  int64_t leading;
};

struct Preference {
  uint64_t workspace = 0;
};

// How many objects are alive; asked for by the tests.
int alive = 0;

template <typename T>
int destroy(lt::Object object) {
  alive--;
  delete static_cast<T*>(object);
  return 0;
}

int8_t element(const void* matrix, const Layout& layout, bool transposed, uint64_t row,
               uint64_t column) {
  const uint64_t r = transposed ? column : row;
  const uint64_t c = transposed ? row : column;
  return static_cast<const int8_t*>(matrix)[c * static_cast<uint64_t>(layout.leading) + r];
}

}  // namespace

extern "C" {

int fake_objects_alive() { return alive; }

size_t cublasLtGetVersion() { return 130000; }

int cublasLtCreate(lt::Handle* handle) {
  *handle = new int;
  alive++;
  return 0;
}
int cublasLtDestroy(lt::Handle handle) { return destroy<int>(handle); }

int cublasLtMatmulDescCreate(lt::Object* desc, int compute, int scale) {
  *desc = new Desc{compute, scale, {}};
  alive++;
  return 0;
}
int cublasLtMatmulDescDestroy(lt::Object desc) { return destroy<Desc>(desc); }

int cublasLtMatmulDescSetAttribute(lt::Object desc, int attribute, const void* value,
                                   size_t bytes) {
  const std::map<int, size_t> sizes = {
      {lt::kTransposeA, 4},       {lt::kTransposeB, 4},
      {lt::kEpilogue, 4},         {lt::kBiasPointer, sizeof(void*)},
      {lt::kFastAccumulation, 1}, {lt::kBiasType, 4}};
  const auto size = sizes.find(attribute);
  if (size == sizes.end() || size->second != bytes) return kInvalid;
  const auto* first = static_cast<const unsigned char*>(value);
  static_cast<Desc*>(desc)->attributes[attribute].assign(first, first + bytes);
  return 0;
}

int cublasLtMatrixLayoutCreate(lt::Object* layout, int type, uint64_t rows, uint64_t columns,
                               int64_t leading) {
  if (leading < static_cast<int64_t>(rows)) return kInvalid;
  *layout = new Layout{type, rows, columns, leading};
  alive++;
  return 0;
}
int cublasLtMatrixLayoutDestroy(lt::Object layout) { return destroy<Layout>(layout); }

int cublasLtMatmulPreferenceCreate(lt::Object* preference) {
  *preference = new Preference;
  alive++;
  return 0;
}
int cublasLtMatmulPreferenceDestroy(lt::Object preference) {
  return destroy<Preference>(preference);
}
int cublasLtMatmulPreferenceSetAttribute(lt::Object preference, int attribute, const void* value,
                                         size_t bytes) {
  if (attribute != lt::kMaxWorkspaceBytes || bytes != sizeof(uint64_t)) return kInvalid;
  std::memcpy(&static_cast<Preference*>(preference)->workspace, value, bytes);
  return 0;
}

// Three algorithms, the second of which cannot be used; none for 8-bit floats.
int cublasLtMatmulAlgoGetHeuristic(lt::Handle, lt::Object, lt::Object a, lt::Object, lt::Object,
                                   lt::Object, lt::Object preference, int asked,
                                   lt::HeuristicResult* results, int* found) {
  *found = 0;
  if (static_cast<Layout*>(a)->type == lt::kFloat8E4M3) return kNotSupported;
  if (static_cast<Preference*>(preference)->workspace < kWorkspace) return kNotSupported;
  for (int i = 0; i < std::min(asked, 3); i++) {
    results[i] = {};
    results[i].algorithm.data[0] = 100 + static_cast<uint64_t>(i);
    results[i].state = i == 1 ? kNotSupported : 0;
    ++*found;
  }
  return 0;
}

int cublasLtMatmul(lt::Handle, lt::Object desc_object, const void* alpha, const void* a,
                   lt::Object a_object, const void* b, lt::Object b_object, const void*,
                   const void*, lt::Object, void* d, lt::Object d_object,
                   const lt::Algorithm* algorithm, void*, size_t, void*) {
  const Desc& desc = *static_cast<Desc*>(desc_object);
  const Layout& a_layout = *static_cast<Layout*>(a_object);
  const Layout& b_layout = *static_cast<Layout*>(b_object);
  const Layout& d_layout = *static_cast<Layout*>(d_object);
  const bool a_transposed = desc.number(lt::kTransposeA, lt::kPlain) == lt::kTransposed;
  const bool b_transposed = desc.number(lt::kTransposeB, lt::kPlain) == lt::kTransposed;
  if (a_layout.type != lt::kInt8 || b_layout.type != lt::kInt8 ||
      desc.compute != lt::kComputeInt32 || algorithm->data[0] == 101) {
    return kNotSupported;
  }
  const uint64_t inner = a_transposed ? a_layout.rows : a_layout.columns;
  if (inner != (b_transposed ? b_layout.columns : b_layout.rows)) return kInvalid;
  for (uint64_t row = 0; row < d_layout.rows; row++) {
    for (uint64_t column = 0; column < d_layout.columns; column++) {
      int32_t sum = 0;
      for (uint64_t k = 0; k < inner; k++) {
        sum += element(a, a_layout, a_transposed, row, k) *
               element(b, b_layout, b_transposed, k, column);
      }
      const uint64_t i = column * static_cast<uint64_t>(d_layout.leading) + row;
      if (desc.scale == lt::kInt32) {
        static_cast<int32_t*>(d)[i] = sum * *static_cast<const int32_t*>(alpha);
      } else {
        const float scaled =
            std::nearbyint(static_cast<float>(sum) * *static_cast<const float*>(alpha));
        static_cast<int8_t*>(d)[i] =
            static_cast<int8_t>(std::min(std::max(scaled, -128.0f), 127.0f));
      }
    }
  }
  return 0;
}

}  // extern "C"
