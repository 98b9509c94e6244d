// Which tile runs on which processor.
#include "tile.h"
#include "viditq.h"

namespace viditq {

const Tile* tile_for(int isa) {
  if (isa == VIDITQ_PORTABLE) return &kPortableTile;
#ifdef __x86_64__
  if (isa == VIDITQ_AVX2 && __builtin_cpu_supports("avx2")) return &kAvx2Tile;
  if (isa == VIDITQ_AVX_VNNI && __builtin_cpu_supports("avx2") &&
      __builtin_cpu_supports("avxvnni")) {
    return &kAvxVnniTile;
  }
  if (isa == VIDITQ_AVX512_VNNI && __builtin_cpu_supports("avx512f") &&
      __builtin_cpu_supports("avx512vnni")) {
    return &kAvx512VnniTile;
  }
#endif
  return nullptr;
}

}  // namespace viditq

const char* viditq_isa_name(int isa) {
  switch (isa) {
    case VIDITQ_PORTABLE:
      return "portable";
    case VIDITQ_AVX2:
      return "avx2";
    case VIDITQ_AVX_VNNI:
      return "avxvnni";
    case VIDITQ_AVX512_VNNI:
      return "avx512vnni";
    default:
      return nullptr;
  }
}

int viditq_isa_supported(int isa) { return viditq::tile_for(isa) != nullptr; }
