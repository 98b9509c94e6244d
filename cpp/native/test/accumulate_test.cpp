#include <random>
#include <vector>

#include "check.h"
#include "viditq.h"

namespace {

int64_t value(uint8_t byte, bool is_signed) {
  return is_signed ? static_cast<int64_t>(static_cast<int8_t>(byte)) : byte;
}

void check_against_definition(const std::vector<uint8_t>& a, bool a_signed, int64_t rows_a,
                              const std::vector<uint8_t>& w, bool w_signed, int64_t rows_w,
                              int64_t inner) {
  std::vector<int32_t> sums(rows_a * rows_w);
  CHECK_EQUAL(viditq_accumulate(a.data(), a_signed, rows_a, w.data(), w_signed, rows_w, inner,
                                sums.data()),
              VIDITQ_OK);
  for (int64_t m = 0; m < rows_a; m++) {
    for (int64_t n = 0; n < rows_w; n++) {
      int64_t expected = 0;
      for (int64_t k = 0; k < inner; k++) {
        expected += value(a[m * inner + k], a_signed) * value(w[n * inner + k], w_signed);
      }
      CHECK_EQUAL(static_cast<int64_t>(sums[m * rows_w + n]), expected);
    }
  }
}

TEST(sums_are_exact_over_odd_shapes) {
  std::mt19937 random(11);
  for (const int64_t rows_a : {1, 2, 7}) {
    for (const int64_t rows_w : {1, 3, 17}) {
      for (const int64_t inner : {1, 4, 63, 64, 65, 257}) {
        std::vector<uint8_t> a(rows_a * inner);
        std::vector<uint8_t> w(rows_w * inner);
        for (uint8_t& byte : a) byte = static_cast<uint8_t>(random());
        for (uint8_t& byte : w) byte = static_cast<uint8_t>(random());
        for (const bool a_signed : {false, true}) {
          for (const bool w_signed : {false, true}) {
            check_against_definition(a, a_signed, rows_a, w, w_signed, rows_w, inner);
          }
        }
      }
    }
  }
}

TEST(largest_codes_at_the_longest_inner_extent_do_not_overflow) {
  for (const bool a_signed : {false, true}) {
    for (const bool w_signed : {false, true}) {
      const std::vector<uint8_t> a(VIDITQ_MAX_INNER, a_signed ? 0x80 : 0xff);
      const std::vector<uint8_t> w(VIDITQ_MAX_INNER, w_signed ? 0x80 : 0xff);
      check_against_definition(a, a_signed, 1, w, w_signed, 1, VIDITQ_MAX_INNER);
    }
  }
}

TEST(bad_products_are_refused) {
  std::vector<uint8_t> a(6);
  std::vector<uint8_t> w(6);
  std::vector<int32_t> sums(4);
  const auto call = [&](const uint8_t* left, int64_t rows_a, int64_t rows_w, int64_t inner,
                        int32_t* out) {
    return viditq_accumulate(left, 0, rows_a, w.data(), 1, rows_w, inner, out);
  };
  CHECK_EQUAL(call(a.data(), 2, 2, 3, sums.data()), VIDITQ_OK);
  CHECK_EQUAL(call(nullptr, 2, 2, 3, sums.data()), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(call(a.data(), 2, 2, 3, nullptr), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(call(a.data(), 0, 2, 3, sums.data()), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call(a.data(), 2, 2, -3, sums.data()), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call(a.data(), 2, 2, VIDITQ_MAX_INNER + 1, sums.data()), VIDITQ_OVERFLOW);
  CHECK_EQUAL(call(a.data(), INT64_C(1) << 40, INT64_C(1) << 40, 1, sums.data()),
              VIDITQ_OVERFLOW);
  CHECK_EQUAL(call(reinterpret_cast<uint8_t*>(sums.data()), 2, 2, 3, sums.data()),
              VIDITQ_OVERLAP);
}

}  // namespace
