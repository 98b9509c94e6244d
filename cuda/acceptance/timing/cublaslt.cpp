#include "cublaslt.h"

#include <dlfcn.h>

#include <stdexcept>

namespace acceptance {

const ProductTypes kFloat16Product = {
    "cublaslt fp16", lt::kFloat16, lt::kFloat16, lt::kComputeFloat32, lt::kFloat32, true, 1.0f};
const ProductTypes kInt8Product = {
    "cublaslt int8 to int32", lt::kInt8, lt::kInt32, lt::kComputeInt32, lt::kInt32, false, 1.0f};
const ProductTypes kInt8ScaledProduct = {"cublaslt int8 scaled to int8",
                                         lt::kInt8,
                                         lt::kInt8,
                                         lt::kComputeInt32,
                                         lt::kFloat32,
                                         false,
                                         0.25f};
const ProductTypes kFloat8Product = {"cublaslt fp8 e4m3",
                                     lt::kFloat8E4M3,
                                     lt::kFloat16,
                                     lt::kComputeFloat32,
                                     lt::kFloat32,
                                     true,
                                     1.0f};

namespace {

constexpr int kAlgorithmsAsked = 16;

template <typename Function>
void find(void* library, const char* name, const std::string& path, Function* function) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
  if (*function == nullptr) {
    throw std::runtime_error(path + " has no function " + name +
                             "; cuBLASLt of CUDA 12 or 13 is needed.");
  }
}

void require(int status, const char* what) {
  if (status == 0) return;
  throw std::runtime_error(std::string("cuBLASLt refused ") + what + " with status " +
                           std::to_string(status) + ".");
}

}  // namespace

size_t bytes_of(int data_type) {
  switch (data_type) {
    case lt::kInt8:
    case lt::kFloat8E4M3:
      return 1;
    case lt::kFloat16:
    case lt::kBfloat16:
      return 2;
    default:
      return 4;
  }
}

CublasLt::CublasLt(const std::string& path) {
  std::vector<std::string> candidates = {path};
  if (path.empty()) candidates = {"libcublasLt.so.13", "libcublasLt.so.12"};
  std::string found;
  std::string tried;
  for (const std::string& candidate : candidates) {
    library_ = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library_ != nullptr) {
      found = candidate;
      break;
    }
    tried += (tried.empty() ? "" : ", ") + candidate;
  }
  if (library_ == nullptr) {
    throw std::runtime_error("cuBLASLt cannot be loaded (tried " + tried +
                             "); name the library's file by --cublaslt to time the peers.");
  }
  try {
    find(library_, "cublasLtGetVersion", found, &functions_.get_version);
    find(library_, "cublasLtCreate", found, &functions_.create);
    find(library_, "cublasLtDestroy", found, &functions_.destroy);
    find(library_, "cublasLtMatmulDescCreate", found, &functions_.desc_create);
    find(library_, "cublasLtMatmulDescDestroy", found, &functions_.desc_destroy);
    find(library_, "cublasLtMatmulDescSetAttribute", found, &functions_.desc_set);
    find(library_, "cublasLtMatrixLayoutCreate", found, &functions_.layout_create);
    find(library_, "cublasLtMatrixLayoutDestroy", found, &functions_.layout_destroy);
    find(library_, "cublasLtMatmulPreferenceCreate", found, &functions_.preference_create);
    find(library_, "cublasLtMatmulPreferenceDestroy", found, &functions_.preference_destroy);
    find(library_, "cublasLtMatmulPreferenceSetAttribute", found, &functions_.preference_set);
    find(library_, "cublasLtMatmulAlgoGetHeuristic", found, &functions_.heuristic);
    find(library_, "cublasLtMatmul", found, &functions_.matmul);
    require(functions_.create(&handle_), "to start");
  } catch (...) {
    dlclose(library_);
    throw;
  }
}

CublasLt::~CublasLt() {
  functions_.destroy(handle_);
  dlclose(library_);
}

Product::Product(CublasLt& library, const ProductTypes& types, int rows, int channels, int inner,
                 const void* bias, size_t workspace_bytes)
    : library_(library), types_(types), workspace_bytes_(workspace_bytes) {
  const lt::Functions& f = library_.functions_;
  // cuBLASLt thinks in columns: what is out [rows, channels] row by row is [channels, rows] column
  // by column, and so w^T x with w first and transposed.
  const auto set = [&](int attribute, const auto& value, const char* what) {
    require(f.desc_set(desc_, attribute, &value, sizeof value), what);
  };
  lt::Object preference = nullptr;
  try {
    require(f.desc_create(&desc_, types.compute, types.scale), "a descriptor");
    set(lt::kTransposeA, int32_t{lt::kTransposed}, "to transpose the weights");
    set(lt::kTransposeB, int32_t{lt::kPlain}, "plain activations");
    if (types.bias) {
      set(lt::kEpilogue, uint32_t{lt::kEpilogueBias}, "a bias");
      set(lt::kBiasPointer, bias, "a bias's address");
      set(lt::kBiasType, static_cast<int32_t>(types.out), "a bias's type");
    }
    if (types.operands == lt::kFloat8E4M3) set(lt::kFastAccumulation, int8_t{1}, "fast sums");
    const auto n = static_cast<uint64_t>(channels);
    const auto m = static_cast<uint64_t>(rows);
    const auto k = static_cast<uint64_t>(inner);
    require(f.layout_create(&w_layout_, types.operands, k, n, inner), "the weights' layout");
    require(f.layout_create(&x_layout_, types.operands, k, m, inner), "the activations' layout");
    require(f.layout_create(&out_layout_, types.out, n, m, channels), "the result's layout");
    require(f.preference_create(&preference), "a preference");
    const uint64_t bytes = workspace_bytes;
    require(f.preference_set(preference, lt::kMaxWorkspaceBytes, &bytes, sizeof bytes),
            "a workspace");
    lt::HeuristicResult results[kAlgorithmsAsked] = {};
    int found = 0;
    const int status = f.heuristic(library_.handle_, desc_, w_layout_, x_layout_, out_layout_,
                                   out_layout_, preference, kAlgorithmsAsked, results, &found);
    for (int i = 0; status == 0 && i < found; i++) {
      if (results[i].state == 0) algorithms_.push_back(results[i]);
    }
    if (algorithms_.empty()) {
      throw std::runtime_error(std::string(types.name) + " has no algorithm for " +
                               std::to_string(rows) + " by " + std::to_string(channels) + " by " +
                               std::to_string(inner) + " (status " + std::to_string(status) + ").");
    }
  } catch (...) {
    if (preference != nullptr) f.preference_destroy(preference);
    destroy();
    throw;
  }
  f.preference_destroy(preference);
}

Product::~Product() { destroy(); }

void Product::destroy() {
  const lt::Functions& f = library_.functions_;
  if (out_layout_ != nullptr) f.layout_destroy(out_layout_);
  if (x_layout_ != nullptr) f.layout_destroy(x_layout_);
  if (w_layout_ != nullptr) f.layout_destroy(w_layout_);
  if (desc_ != nullptr) f.desc_destroy(desc_);
}

bool Product::launch(int algorithm, const void* x, const void* w, void* out, void* workspace,
                     void* stream) const {
  const float factor = types_.factor;
  const float zero = 0.0f;
  const int32_t integer_factor = 1;
  const int32_t integer_zero = 0;
  const bool integers = types_.scale == lt::kInt32;
  const void* alpha = integers ? static_cast<const void*>(&integer_factor) : &factor;
  const void* beta = integers ? static_cast<const void*>(&integer_zero) : &zero;
  return library_.functions_.matmul(library_.handle_, desc_, alpha, w, w_layout_, x, x_layout_,
                                    beta, out, out_layout_, out, out_layout_,
                                    &algorithms_[static_cast<size_t>(algorithm)].algorithm,
                                    workspace, workspace_bytes_, stream) == 0;
}

}  // namespace acceptance
