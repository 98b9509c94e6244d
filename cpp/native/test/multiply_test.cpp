#include <cstring>
#include <random>
#include <vector>

#include "check.h"
#include "isas.h"
#include "viditq.h"
#include "weights.h"

namespace {

using Weights = weights::Packed;
using weights::pack;

int64_t value(uint8_t byte, bool is_signed) {
  return is_signed ? static_cast<int64_t>(static_cast<int8_t>(byte)) : byte;
}

// The definition in viditq.h, written the obvious way, against every instruction set of this
// machine.
void check_against_definition(const std::vector<uint8_t>& a, bool a_signed, int64_t rows,
                              const std::vector<uint8_t>& w, bool w_signed, int64_t channels,
                              int64_t inner) {
  std::vector<int32_t> expected(rows * channels);
  for (int64_t m = 0; m < rows; m++) {
    for (int64_t n = 0; n < channels; n++) {
      int64_t sum = 0;
      for (int64_t k = 0; k < inner; k++) {
        sum += value(a[m * inner + k], a_signed) * value(w[n * inner + k], w_signed);
      }
      expected[m * channels + n] = static_cast<int32_t>(sum);
      CHECK_EQUAL(static_cast<int64_t>(expected[m * channels + n]), sum);
    }
  }
  for (const int isa : isas::tested()) {
    const Weights weights = pack(w, w_signed, channels, inner, isa);
    std::vector<int32_t> sums(rows * channels);
    CHECK_EQUAL(viditq_multiply(a.data(), a_signed, rows, inner, weights.get(), sums.data()),
                VIDITQ_OK);
    CHECK_EQUAL(sums == expected, true);
  }
}

TEST(products_are_exact_over_odd_shapes) {
  std::mt19937 random(11);
  for (const int64_t rows : {1, 2, 7, 8, 33, 97}) {
    for (const int64_t channels : {1, 17, 48, 65}) {
      for (const int64_t inner : {1, 3, 4, 5, 63, 64, 257, 771}) {
        std::vector<uint8_t> a(rows * inner);
        std::vector<uint8_t> w(channels * inner);
        for (uint8_t& byte : a) byte = static_cast<uint8_t>(random());
        for (uint8_t& byte : w) byte = static_cast<uint8_t>(random());
        for (const bool a_signed : {false, true}) {
          for (const bool w_signed : {false, true}) {
            check_against_definition(a, a_signed, rows, w, w_signed, channels, inner);
          }
        }
      }
    }
  }
}

// 4-bit codes as checkpoints hold them, 8 to an int32.
std::vector<uint8_t> stored_nibbles(const std::vector<uint8_t>& codes, int64_t channels,
                                    int64_t inner) {
  const int64_t row_bytes = (inner + 7) / 8 * 4;
  std::vector<uint8_t> stored(channels * row_bytes);
  for (int64_t n = 0; n < channels; n++) {
    for (int64_t k = 0; k < inner; k++) {
      stored[n * row_bytes + k / 2] |= codes[n * inner + k] << (k % 2 == 0 ? 0 : 4);
    }
  }
  return stored;
}

TEST(products_of_stored_nibbles_are_those_of_their_codes) {
  std::mt19937 random(12);
  for (const int64_t rows : {1, 9, 257}) {
    for (const int64_t channels : {1, 49}) {
      for (const int64_t inner : {1, 7, 65, 769}) {
        std::vector<uint8_t> a(rows * inner);
        std::vector<uint8_t> w(channels * inner);
        for (uint8_t& byte : a) byte = static_cast<uint8_t>(random());
        for (uint8_t& byte : w) byte = static_cast<uint8_t>(random() & 0xf);
        const std::vector<uint8_t> stored = stored_nibbles(w, channels, inner);
        for (const int32_t offset : {0, -8}) {
          std::vector<uint8_t> codes = w;
          for (uint8_t& code : codes) code = static_cast<uint8_t>(code + offset);
          const Weights expected = pack(codes, true, channels, inner, VIDITQ_PORTABLE);
          std::vector<int32_t> expected_sums(rows * channels);
          CHECK_EQUAL(
              viditq_multiply(a.data(), 0, rows, inner, expected.get(), expected_sums.data()),
              VIDITQ_OK);
          for (const int isa : isas::tested()) {
            const Weights weights =
                pack(weights::stored(stored.data(), VIDITQ_NIBBLES, channels, inner, offset), isa);
            std::vector<int32_t> sums(rows * channels);
            CHECK_EQUAL(viditq_multiply(a.data(), 0, rows, inner, weights.get(), sums.data()),
                        VIDITQ_OK);
            CHECK_EQUAL(sums == expected_sums, true);
          }
        }
      }
    }
  }
}

// Checkpoints store asymmetric 8-bit codes as signed bytes, less 128.
TEST(stored_bytes_take_an_offset) {
  const std::vector<uint8_t> a = {1, 2, 255};
  const std::vector<uint8_t> stored = {0x80, 0x00, 0x7f};
  const std::vector<uint8_t> codes = {0, 128, 255};
  for (const int isa : isas::tested()) {
    const Weights weights =
        pack(weights::stored(stored.data(), VIDITQ_SIGNED_BYTES, 1, 3, 128), isa);
    int32_t sum = 0;
    CHECK_EQUAL(viditq_multiply(a.data(), 0, 1, 3, weights.get(), &sum), VIDITQ_OK);
    CHECK_EQUAL(sum, 2 * 128 + 255 * 255);
  }
}

// vpmaddubsw and careless sums would saturate or overflow here.
TEST(extreme_codes_at_the_longest_inner_extent_do_not_overflow) {
  for (const bool a_signed : {false, true}) {
    for (const bool w_signed : {false, true}) {
      for (const int a : {0x00, 0x7f, 0x80, 0xff}) {
        for (const int w : {0x00, 0x7f, 0x80, 0xff}) {
          check_against_definition(std::vector<uint8_t>(VIDITQ_MAX_INNER, a), a_signed, 1,
                                   std::vector<uint8_t>(VIDITQ_MAX_INNER, w), w_signed, 1,
                                   VIDITQ_MAX_INNER);
        }
      }
    }
  }
}

TEST(instruction_sets_have_names_and_the_portable_one_always_runs) {
  CHECK_EQUAL(viditq_isa_supported(VIDITQ_PORTABLE), 1);
  CHECK_EQUAL(viditq_isa_supported(VIDITQ_ISA_COUNT), 0);
  CHECK_EQUAL(viditq_isa_supported(-1), 0);
  for (int isa = 0; isa < VIDITQ_ISA_COUNT; isa++) {
    CHECK_EQUAL(viditq_isa_name(isa) != nullptr, true);
  }
  CHECK_EQUAL(viditq_isa_name(VIDITQ_ISA_COUNT) == nullptr, true);
}

TEST(the_multiplier_is_exercised_where_products_are_one_instruction) {
  for (int isa = 0; isa < VIDITQ_ISA_COUNT; isa++) {
    int64_t operations = 0;
    const int status = viditq_exercise_multiplier(isa, 10, &operations);
    const bool one_instruction = isa >= VIDITQ_AVX_VNNI && viditq_isa_supported(isa);
    CHECK_EQUAL(status, one_instruction ? VIDITQ_OK : VIDITQ_BAD_ISA);
    CHECK_EQUAL(operations > 0, one_instruction);
    CHECK_EQUAL(viditq_exercise_multiplier(isa, 0, &operations), VIDITQ_BAD_SIZE);
    CHECK_EQUAL(viditq_exercise_multiplier(isa, 1, nullptr), VIDITQ_NULL_POINTER);
  }
}

TEST(packed_weights_take_a_byte_or_a_nibble_per_code) {
  const int64_t channels = 1152;
  const int64_t inner = 1152;
  const std::vector<uint8_t> codes(channels * inner);
  for (const int isa : isas::tested()) {
    const Weights weights = pack(codes, false, channels, inner, isa);
    const int64_t grids = 16 * channels;  // and what is computed of them
    const int64_t bytes = viditq_weights_bytes(weights.get()) - grids;
    CHECK_EQUAL(bytes >= channels * inner && bytes < channels * inner + 8 * channels, true);
    const Weights nibbles =
        pack(weights::stored(codes.data(), VIDITQ_NIBBLES, channels, inner), isa);
    const int64_t nibble_bytes = viditq_weights_bytes(nibbles.get()) - grids;
    CHECK_EQUAL(nibble_bytes < channels * inner / 2 + 8 * channels, true);
  }
  CHECK_EQUAL(viditq_weights_bytes(nullptr), 0);
}

TEST(bad_weights_are_refused) {
  const std::vector<uint8_t> codes(12);
  viditq_weights* weights = nullptr;
  const auto call = [&](const uint8_t* in, int64_t channels, int64_t inner, int isa) {
    return viditq_pack_weights(weights::stored(in, VIDITQ_SIGNED_BYTES, channels, inner), isa,
                               &weights);
  };
  CHECK_EQUAL(call(nullptr, 3, 4, VIDITQ_PORTABLE), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(viditq_pack_weights(weights::stored(codes.data(), VIDITQ_SIGNED_BYTES, 3, 4),
                                  VIDITQ_PORTABLE, nullptr),
              VIDITQ_NULL_POINTER);
  CHECK_EQUAL(call(codes.data(), 0, 4, VIDITQ_PORTABLE), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call(codes.data(), 3, -4, VIDITQ_PORTABLE), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call(codes.data(), 3, VIDITQ_MAX_INNER + 1, VIDITQ_PORTABLE), VIDITQ_OVERFLOW);
  CHECK_EQUAL(call(codes.data(), INT64_C(1) << 60, 4, VIDITQ_PORTABLE), VIDITQ_OVERFLOW);
  CHECK_EQUAL(call(codes.data(), 3, 4, VIDITQ_ISA_COUNT), VIDITQ_BAD_ISA);
  const auto stored = [&](const uint8_t* in, int layout, int32_t offset) {
    return viditq_pack_weights(weights::stored(in, layout, 3, 4, offset), VIDITQ_PORTABLE,
                               &weights);
  };
  CHECK_EQUAL(stored(nullptr, VIDITQ_NIBBLES, 0), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(stored(codes.data(), 3, 0), VIDITQ_BAD_FORMAT);
  CHECK_EQUAL(stored(codes.data(), -1, 0), VIDITQ_BAD_FORMAT);
  CHECK_EQUAL(stored(codes.data(), VIDITQ_UNSIGNED_BYTES, 1), VIDITQ_BAD_FORMAT);
  CHECK_EQUAL(stored(codes.data(), VIDITQ_SIGNED_BYTES, 129), VIDITQ_BAD_FORMAT);
  CHECK_EQUAL(stored(codes.data(), VIDITQ_NIBBLES, INT32_MIN), VIDITQ_BAD_FORMAT);
  CHECK_EQUAL(weights == nullptr, true);
  viditq_free_weights(nullptr);
}

TEST(bad_products_are_refused) {
  std::vector<uint8_t> a(6);
  const std::vector<uint8_t> w(6);
  std::vector<int32_t> sums(4);
  const Weights weights = pack(w, true, 2, 3, VIDITQ_PORTABLE);
  const auto call = [&](const uint8_t* left, int64_t rows, int64_t inner, int32_t* out) {
    return viditq_multiply(left, 0, rows, inner, weights.get(), out);
  };
  CHECK_EQUAL(call(a.data(), 2, 3, sums.data()), VIDITQ_OK);
  CHECK_EQUAL(call(nullptr, 2, 3, sums.data()), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(call(a.data(), 2, 3, nullptr), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(viditq_multiply(a.data(), 0, 2, 3, nullptr, sums.data()), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(call(a.data(), 0, 3, sums.data()), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call(a.data(), 2, 4, sums.data()), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call(a.data(), INT64_C(1) << 62, 3, sums.data()), VIDITQ_OVERFLOW);
  CHECK_EQUAL(call(reinterpret_cast<uint8_t*>(sums.data()), 2, 3, sums.data()), VIDITQ_OVERLAP);
}

}  // namespace
