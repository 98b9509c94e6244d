#include "kept_weights.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "engine.h"
#include "packed_weights.h"
#include "report.h"

namespace viditq::ort {
namespace {

using trt::Refusal;

int64_t rounded_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

// The codes of a set in one of the layouts that viditq_pack_weights reads, and their sums.
struct Rows {
  explicit Rows(int64_t channels) : code_sum(static_cast<size_t>(channels)) {}

  const uint8_t* codes = nullptr;
  int32_t layout = 0;
  std::vector<int32_t> code_sum;
  std::vector<uint8_t> copy;
};

Rows bytes_of(const uint8_t* codes, int64_t channels, int64_t inner) {
  Rows rows(channels);
  const int64_t step = rounded_up(inner, VIDITQ_CUDA_CODE_ROW);
  rows.layout = VIDITQ_SIGNED_BYTES;
  rows.codes = codes;
  if (step != inner) {
    rows.copy.resize(static_cast<size_t>(channels * inner));
    rows.codes = rows.copy.data();
  }
  for (int64_t channel = 0; channel < channels; channel++) {
    const uint8_t* row = codes + channel * step;
    int32_t sum = 0;
    for (int64_t k = 0; k < inner; k++) sum += static_cast<int8_t>(row[k]);
    rows.code_sum[static_cast<size_t>(channel)] = sum;
    if (step != inner) {
      std::memcpy(rows.copy.data() + channel * inner, row, static_cast<size_t>(inner));
    }
  }
  return rows;
}

// Takes the blocks of nibbles apart that packed_weights.h describes.
Rows nibbles_of(const uint8_t* codes, int64_t channels, int32_t inner) {
  Rows rows(channels);
  // Rows begin with a new int32, and here hold what pads a block, too.
  const int64_t row_bytes = rounded_up(inner, 8) / 2;
  const int64_t blocks = nibble_blocks(inner);
  rows.layout = VIDITQ_NIBBLES;
  rows.copy.assign(static_cast<size_t>(channels * row_bytes), 0);
  rows.codes = rows.copy.data();
  const auto put = [&](int64_t channel, int64_t k, int code) {
    if (channel >= channels || k >= inner) return;
    rows.copy[static_cast<size_t>(channel * row_bytes + k / 2)] |=
        static_cast<uint8_t>(k % 2 == 0 ? code : code << 4);
    rows.code_sum[static_cast<size_t>(channel)] += code;
  };
  for (int64_t first = 0; first < channels; first += kNibbleBlock) {
    for (int64_t block = 0; block < blocks; block++) {
      for (int byte = 0; byte < kNibbleBlockBytes; byte++) {
        const int lane = byte / 16;
        const int64_t channel = first + byte % 16 / 4 * 8 + lane / 4;
        const int64_t k = block * kNibbleBlock + lane % 4 * 4 + byte % 4;
        put(channel, k, *codes & 0x0f);
        put(channel, k + kNibbleBlock / 2, *codes >> 4);
        codes++;
      }
    }
  }
  return rows;
}

// Wraps, as the kernels' correction does.
int32_t centered_sum(int32_t code_sum, int32_t zero_point, int32_t inner) {
  return static_cast<int32_t>(static_cast<uint32_t>(code_sum) -
                              static_cast<uint32_t>(zero_point) * static_cast<uint32_t>(inner));
}

// Unlike others, this advice loses nothing, whatever the memory is.
void let_pages_go(const void* data, int64_t bytes) {
#ifdef MADV_PAGEOUT
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(data) + page - 1) / page * page;
  const uintptr_t end =
      (reinterpret_cast<uintptr_t>(data) + static_cast<uintptr_t>(bytes)) / page * page;
  if (begin < end) (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_PAGEOUT);
#else
  (void)data;
  (void)bytes;
#endif
}

}  // namespace

NativeWeights repack(const viditq_cuda_weights& weights, int set, int32_t channels, int32_t inner,
                     int isa) {
  const int64_t set_bytes = viditq_cuda_packed_bytes(channels, inner, weights.bits);
  const uint8_t* codes = weights.codes + set * set_bytes;
  const int64_t first = static_cast<int64_t>(set) * channels;
  const Rows rows =
      weights.bits == 8 ? bytes_of(codes, channels, inner) : nibbles_of(codes, channels, inner);
  for (int32_t channel = 0; channel < channels; channel++) {
    const int32_t sum = centered_sum(rows.code_sum[static_cast<size_t>(channel)],
                                     weights.zero_point[first + channel], inner);
    const int32_t given = weights.centered_sum[first + channel];
    if (given == sum) continue;
    throw Refusal("w_centered_sum is " + std::to_string(given) + " for channel " +
                  std::to_string(channel) + " of set " + std::to_string(set) +
                  "; codes and zero points give " + std::to_string(sum) +
                  ". Pack weights with viditq_cuda_pack_weights.");
  }
  viditq_weight_codes stored = {};
  stored.stored = rows.codes;
  stored.layout = rows.layout;
  stored.channels = channels;
  stored.inner = inner;
  stored.scale = weights.scale + first;
  stored.zero_point = weights.zero_point + first;
  viditq_weights* packed = nullptr;
  require_ok(viditq_pack_weights(stored, isa, &packed));
  return NativeWeights(packed);
}

std::vector<NativeWeights> repack_all(const viditq_cuda_weights& weights, int32_t channels,
                                      int32_t inner, int isa) {
  std::vector<NativeWeights> sets;
  for (int set = 0; set < weights.sets; set++) {
    sets.push_back(repack(weights, set, channels, inner, isa));
  }
  let_pages_go(weights.codes,
               weights.sets * viditq_cuda_packed_bytes(channels, inner, weights.bits));
  return sets;
}

}  // namespace viditq::ort
