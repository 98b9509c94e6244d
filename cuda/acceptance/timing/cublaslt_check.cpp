// Where the toolkit comes with cuBLASLt's header, the declarations of cublaslt.h are compared with
// it while they are compiled.
#include "cublaslt.h"

#if __has_include(<cublasLt.h>)
#include <cublasLt.h>

namespace acceptance {

constexpr bool same(int ours, int theirs) { return ours == theirs; }

static_assert(same(lt::kFloat32, CUDA_R_32F) && same(lt::kFloat16, CUDA_R_16F) &&
                  same(lt::kInt8, CUDA_R_8I) && same(lt::kInt32, CUDA_R_32I) &&
                  same(lt::kBfloat16, CUDA_R_16BF) && same(lt::kFloat8E4M3, CUDA_R_8F_E4M3),
              "data types");
static_assert(same(lt::kComputeFloat32, CUBLAS_COMPUTE_32F) &&
                  same(lt::kComputeInt32, CUBLAS_COMPUTE_32I),
              "compute types");
static_assert(same(lt::kPlain, CUBLAS_OP_N) && same(lt::kTransposed, CUBLAS_OP_T), "operations");
static_assert(same(lt::kTransposeA, CUBLASLT_MATMUL_DESC_TRANSA) &&
                  same(lt::kTransposeB, CUBLASLT_MATMUL_DESC_TRANSB) &&
                  same(lt::kEpilogue, CUBLASLT_MATMUL_DESC_EPILOGUE) &&
                  same(lt::kBiasPointer, CUBLASLT_MATMUL_DESC_BIAS_POINTER) &&
                  same(lt::kFastAccumulation, CUBLASLT_MATMUL_DESC_FAST_ACCUM) &&
                  same(lt::kBiasType, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE),
              "attributes of the descriptor");
static_assert(same(lt::kEpilogueNone, CUBLASLT_EPILOGUE_DEFAULT) &&
                  same(lt::kEpilogueBias, CUBLASLT_EPILOGUE_BIAS),
              "epilogues");
static_assert(same(lt::kMaxWorkspaceBytes, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES),
              "preferences");
static_assert(sizeof(lt::Algorithm) == sizeof(cublasLtMatmulAlgo_t) &&
                  sizeof(lt::HeuristicResult) == sizeof(cublasLtMatmulHeuristicResult_t) &&
                  offsetof(lt::HeuristicResult, workspace_bytes) ==
                      offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize) &&
                  offsetof(lt::HeuristicResult, state) ==
                      offsetof(cublasLtMatmulHeuristicResult_t, state),
              "results of the heuristic");

}  // namespace acceptance
#endif
