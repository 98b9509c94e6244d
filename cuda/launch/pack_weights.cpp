// Laying out weight codes on the host, and what the statuses mean.
#include <cstring>

#include "packed_weights.h"
#include "viditq_cuda.h"

namespace {

// Unsigned codes of 8 bits, moved down by this, are signed ones; signed codes of 4 bits, moved up
// by half as many codes, unsigned ones.
constexpr int kByteShift = 128;
constexpr int kNibbleShift = 8;

int64_t row_bytes(int32_t inner) {
  return (static_cast<int64_t>(inner) + VIDITQ_CUDA_CODE_ROW - 1) / VIDITQ_CUDA_CODE_ROW *
         VIDITQ_CUDA_CODE_ROW;
}

}  // namespace

int64_t viditq_cuda_packed_bytes(int32_t channels, int32_t inner, int32_t storage_bits) {
  if (channels < 1 || inner < 1 || inner > VIDITQ_CUDA_MAX_INNER) return 0;
  if (storage_bits == 8) return channels * row_bytes(inner);
  if (storage_bits != 4) return 0;
  const int64_t groups =
      (static_cast<int64_t>(channels) + viditq::kNibbleBlock - 1) / viditq::kNibbleBlock;
  return groups * viditq::nibble_blocks(inner) * viditq::kNibbleBlockBytes;
}

int viditq_cuda_pack_weights(const uint8_t* codes, int32_t codes_signed, int32_t channels,
                             int32_t inner, int32_t storage_bits, uint8_t* packed,
                             int32_t* zero_point, int32_t* centered_sum) {
  if (codes == nullptr || packed == nullptr || zero_point == nullptr || centered_sum == nullptr) {
    return VIDITQ_CUDA_NULL_POINTER;
  }
  if (storage_bits != 4 && storage_bits != 8) return VIDITQ_CUDA_BAD_FORMAT;
  const int64_t bytes = viditq_cuda_packed_bytes(channels, inner, storage_bits);
  if (bytes == 0) return VIDITQ_CUDA_BAD_SIZE;

  const int shift =
      storage_bits == 8 ? (codes_signed ? 0 : -kByteShift) : (codes_signed ? kNibbleShift : 0);
  const int lowest = storage_bits == 8 ? -kByteShift : 0;
  const int highest = storage_bits == 8 ? kByteShift - 1 : 2 * kNibbleShift - 1;
  std::memset(packed, 0, static_cast<size_t>(bytes));
  for (int32_t channel = 0; channel < channels; channel++) {
    const uint8_t* row = codes + static_cast<int64_t>(channel) * inner;
    // Both wrap as the kernels' correction does.
    zero_point[channel] = static_cast<int32_t>(static_cast<uint32_t>(zero_point[channel]) +
                                               static_cast<uint32_t>(shift));
    uint32_t sum = 0;
    for (int32_t k = 0; k < inner; k++) {
      const int code = (codes_signed ? static_cast<int8_t>(row[k]) : row[k]) + shift;
      if (code < lowest || code > highest) return VIDITQ_CUDA_BAD_FORMAT;
      sum += static_cast<uint32_t>(code) - static_cast<uint32_t>(zero_point[channel]);
      if (storage_bits == 8) {
        packed[channel * row_bytes(inner) + k] = static_cast<uint8_t>(code);
      } else {
        const viditq::NibblePlace place = viditq::nibble_place(channel, k, inner);
        packed[place.byte] |= static_cast<uint8_t>(place.high ? code << 4 : code);
      }
    }
    centered_sum[channel] = static_cast<int32_t>(sum);
  }
  return VIDITQ_CUDA_OK;
}

const char* viditq_cuda_status_message(int status) {
  switch (status) {
    case VIDITQ_CUDA_OK:
      return "success";
    case VIDITQ_CUDA_NULL_POINTER:
      return "a buffer is null";
    case VIDITQ_CUDA_BAD_SIZE:
      return "an extent is not positive, is too large, or does not divide another";
    case VIDITQ_CUDA_BAD_FORMAT:
      return "a bit width, element type, activation, kernel or code is out of range";
    case VIDITQ_CUDA_MISALIGNED:
      return "a buffer does not start at a multiple of 16 bytes";
    case VIDITQ_CUDA_LAUNCH_FAILED:
      return "the kernel could not be launched";
    default:
      return "unknown status";
  }
}
