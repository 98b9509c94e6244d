// Which kernels run on which processor.
#include "attention/attention_kernels.h"
#include "gemm/tile.h"
#include "quantize/rows.h"
#include "simd/float_kernels.h"
#include "viditq_operators.h"

#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif
#ifdef __x86_64__
#include <cpuid.h>
#endif

namespace viditq {

namespace {

struct Isa {
  const char* name;
  const Tile* tile;
  const RowKernels* rows;
  const FloatKernels* floats;
  const AttentionKernels* int8_attention;
  const AttentionKernels* bf16_attention;  // null where it is emulated
  bool supported;
};

#ifdef __x86_64__
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni");
}

#ifdef VIDITQ_EMULATED_TILES
// Tests with tile registers in software (emulated_tiles.h).
bool has_amx() { return has_avx512(); }
bool has_amx_bf16() { return __builtin_cpu_supports("avx512bf16"); }
#else
unsigned amx_bits() {
  unsigned eax, ebx, ecx, edx;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) ? edx : 0;
}

// Leaf 7 of cpuid names AMX; Linux hands out the tile registers, whose state is large, only to
// processes that ask for them (Documentation/arch/x86/xstate.rst of the kernel).
bool has_amx() {
#ifdef __linux__
  constexpr unsigned kTileAndInt8 = 1u << 24 | 1u << 25;
  if ((amx_bits() & kTileAndInt8) != kTileAndInt8 || !has_avx512()) return false;
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

bool has_amx_bf16() { return (amx_bits() & 1u << 22) != 0 && __builtin_cpu_supports("avx512bf16"); }
#endif
#endif

// Null for unknown numbers.
const Isa* find(int isa) {
#ifdef __x86_64__
  static const bool avx2 = __builtin_cpu_supports("avx2") != 0;
  // Every processor with AVX2 but a few of one maker has FMA, too.
  static const bool fma = __builtin_cpu_supports("fma") != 0;
  static const FloatKernels* const avx2_floats = fma ? &kAvx2Float : &kPortableFloat;
  static const AttentionKernels* const avx2_int8 =
      fma ? &kAvx2Int8Attention : &kPortableInt8Attention;
  static const AttentionKernels* const bf16 =
      __builtin_cpu_supports("avx512bf16") ? &kAvx512Bf16Attention : nullptr;
#endif
  static const Isa all[VIDITQ_ISA_COUNT] = {
      {"portable", &kPortableTile, &kPortableRows, &kPortableFloat, &kPortableInt8Attention,
       nullptr, true},
#ifdef __x86_64__
      {"avx2", &kAvx2Tile, &kAvx2Rows, avx2_floats, avx2_int8, nullptr, avx2},
      {"avxvnni", &kAvxVnniTile, &kAvx2Rows, avx2_floats,
       fma ? &kAvxVnniInt8Attention : &kPortableInt8Attention, nullptr,
       avx2 && __builtin_cpu_supports("avxvnni")},
      {"avx512", &kAvx512VnniTile, &kAvx512Rows, &kAvx512Float, &kAvx512Int8Attention, bf16,
       has_avx512()},
      {"amx", &kAmxTile, &kAvx512Rows, &kAvx512Float, &kAmxInt8Attention,
       has_amx_bf16() ? &kAmxBf16Attention : bf16, has_amx()},
#else
      {"avx2", nullptr, nullptr, nullptr, nullptr, nullptr, false},
      {"avxvnni", nullptr, nullptr, nullptr, nullptr, nullptr, false},
      {"avx512", nullptr, nullptr, nullptr, nullptr, nullptr, false},
      {"amx", nullptr, nullptr, nullptr, nullptr, nullptr, false},
#endif
  };
  return isa >= 0 && isa < VIDITQ_ISA_COUNT ? &all[isa] : nullptr;
}

const Isa* find_supported(int isa) {
  const Isa* found = find(isa);
  return found != nullptr && found->supported ? found : nullptr;
}

}  // namespace

const Tile* tile_for(int isa) {
  const Isa* found = find_supported(isa);
  return found == nullptr ? nullptr : found->tile;
}

const RowKernels* rows_for(int isa) {
  const Isa* found = find_supported(isa);
  return found == nullptr ? nullptr : found->rows;
}

const FloatKernels* float_kernels_for(int isa) {
  const Isa* found = find_supported(isa);
  return found == nullptr ? nullptr : found->floats;
}

const AttentionKernels* attention_kernels_for(int isa, int precision) {
  const Isa* found = find_supported(isa);
  if (found == nullptr) return nullptr;
  switch (precision) {
    case VIDITQ_ATTENTION_FP32:
      return &found->floats->attention;
    case VIDITQ_ATTENTION_BF16:
      return found->bf16_attention != nullptr ? found->bf16_attention
                                              : &found->floats->rounded_attention;
    case VIDITQ_ATTENTION_INT8:
      return found->int8_attention;
    default:
      return nullptr;
  }
}

}  // namespace viditq

const char* viditq_isa_name(int isa) {
  const viditq::Isa* found = viditq::find(isa);
  return found == nullptr ? nullptr : found->name;
}

int viditq_isa_supported(int isa) { return viditq::find_supported(isa) != nullptr; }
