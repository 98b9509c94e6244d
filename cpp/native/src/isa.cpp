// Which kernels run on which processor.
#include "rows.h"
#include "tile.h"
#include "viditq.h"

namespace viditq {

namespace {

struct Isa {
  const char* name;
  const Tile* tile;
  const RowKernels* rows;
  bool supported;
};

// Null for unknown numbers.
const Isa* find(int isa) {
  static const Isa all[VIDITQ_ISA_COUNT] = {
      {"portable", &kPortableTile, &kPortableRows, true},
#ifdef __x86_64__
      {"avx2", &kAvx2Tile, &kAvx2Rows, __builtin_cpu_supports("avx2") != 0},
      {"avxvnni", &kAvxVnniTile, &kAvx2Rows,
       __builtin_cpu_supports("avx2") && __builtin_cpu_supports("avxvnni")},
      {"avx512vnni", &kAvx512VnniTile, &kAvx512Rows,
       __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vnni")},
#else
      {"avx2", nullptr, nullptr, false},
      {"avxvnni", nullptr, nullptr, false},
      {"avx512vnni", nullptr, nullptr, false},
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

}  // namespace viditq

const char* viditq_isa_name(int isa) {
  const viditq::Isa* found = viditq::find(isa);
  return found == nullptr ? nullptr : found->name;
}

int viditq_isa_supported(int isa) { return viditq::find_supported(isa) != nullptr; }
