// Where the toolkit comes with cuBLASLt's header, the declarations of cublaslt.h are compared with it
// while they are compiled.
#include "cublaslt.h"

#if __has_include(<cublasLt.h>)
#include <cublasLt.h>

namespace acceptance {

static_assert(lt::kFloat32 == CUDA_R_32F && lt::kFloat16 == CUDA_R_16F && lt::kInt8 == CUDA_R_8I &&
                  lt::kInt32 == CUDA_R_32I && lt::kBfloat16 == CUDA_R_16BF &&
                  lt::kFloat8E4M3 == CUDA_R_8F_E4M3,
              "data types");
static_assert(lt::kComputeFloat32 == CUBLAS_COMPUTE_32F && lt::kComputeInt32 == CUBLAS_COMPUTE_32I,
              "compute types");
static_assert(lt::kPlain == CUBLAS_OP_N && lt::kTransposed == CUBLAS_OP_T, "operations");
static_assert(lt::kTransposeA == CUBLASLT_MATMUL_DESC_TRANSA &&
                  lt::kTransposeB == CUBLASLT_MATMUL_DESC_TRANSB &&
                  lt::kEpilogue == CUBLASLT_MATMUL_DESC_EPILOGUE &&
                  lt::kBiasPointer == CUBLASLT_MATMUL_DESC_BIAS_POINTER &&
                  lt::kFastAccumulation == CUBLASLT_MATMUL_DESC_FAST_ACCUM &&
                  lt::kBiasType == CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE,
              "attributes of the descriptor");
static_assert(lt::kEpilogueNone == CUBLASLT_EPILOGUE_DEFAULT &&
                  lt::kEpilogueBias == CUBLASLT_EPILOGUE_BIAS,
              "epilogues");
static_assert(lt::kMaxWorkspaceBytes == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, "preferences");
static_assert(sizeof(lt::Algorithm) == sizeof(cublasLtMatmulAlgo_t) &&
                  sizeof(lt::HeuristicResult) == sizeof(cublasLtMatmulHeuristicResult_t) &&
                  offsetof(lt::HeuristicResult, workspace_bytes) ==
                      offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize) &&
                  offsetof(lt::HeuristicResult, state) ==
                      offsetof(cublasLtMatmulHeuristicResult_t, state),
              "results of the heuristic");

}  // namespace acceptance
#endif
