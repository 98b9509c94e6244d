// Exact integer product of code matrices; portable.
#include "arguments.h"

namespace viditq {
namespace {

template <typename A, typename W>
void accumulate(const uint8_t* a_bytes, int64_t rows_a, const uint8_t* w_bytes, int64_t rows_w,
                int64_t inner, int32_t* sums) {
  const A* a = reinterpret_cast<const A*>(a_bytes);
  const W* w = reinterpret_cast<const W*>(w_bytes);
  for (int64_t m = 0; m < rows_a; m++) {
    for (int64_t n = 0; n < rows_w; n++) {
      int32_t sum = 0;
      for (int64_t k = 0; k < inner; k++) {
        sum += static_cast<int32_t>(a[m * inner + k]) * static_cast<int32_t>(w[n * inner + k]);
      }
      sums[m * rows_w + n] = sum;
    }
  }
}

}  // namespace
}  // namespace viditq

int viditq_accumulate(const uint8_t* a, int a_signed, int64_t rows_a, const uint8_t* w,
                      int w_signed, int64_t rows_w, int64_t inner, int32_t* sums) {
  if (rows_a < 1 || rows_w < 1 || inner < 1) return VIDITQ_BAD_SIZE;
  if (inner > VIDITQ_MAX_INNER) return VIDITQ_OVERFLOW;
  int64_t a_bytes;
  int64_t w_bytes;
  int64_t sums_bytes;
  if (!viditq::byte_count(rows_a, inner, 1, &a_bytes) ||
      !viditq::byte_count(rows_w, inner, 1, &w_bytes) ||
      !viditq::byte_count(rows_a, rows_w, sizeof(int32_t), &sums_bytes)) {
    return VIDITQ_OVERFLOW;
  }
  const int status =
      viditq::check_buffers({{a, a_bytes}, {w, w_bytes}}, {{sums, sums_bytes}});
  if (status != VIDITQ_OK) return status;

  if (a_signed && w_signed) {
    viditq::accumulate<int8_t, int8_t>(a, rows_a, w, rows_w, inner, sums);
  } else if (a_signed) {
    viditq::accumulate<int8_t, uint8_t>(a, rows_a, w, rows_w, inner, sums);
  } else if (w_signed) {
    viditq::accumulate<uint8_t, int8_t>(a, rows_a, w, rows_w, inner, sums);
  } else {
    viditq::accumulate<uint8_t, uint8_t>(a, rows_a, w, rows_w, inner, sums);
  }
  return VIDITQ_OK;
}
