// Prefetches rows that will be needed soon, a few at a time while something else is computed: they
// lie too far apart for the processor to guess.
#pragma once

#include <cstdint>

namespace viditq {
namespace {

template <bool to_write>
class RowPrefetch {
 public:
  RowPrefetch() = default;
  RowPrefetch(const float* first, int64_t step, int64_t rows, int64_t count)
      : next_(first), step_(step), left_(rows), count_(count) {}

  // Up to `rows` more.
  void next(int64_t rows) {
    for (; rows > 0 && left_ > 0; rows--, left_--) {
      for (int64_t i = 0; i < count_; i += kLineFloats) {
        __builtin_prefetch(next_ + i, to_write ? 1 : 0, 2);
      }
      __builtin_prefetch(next_ + count_ - 1, to_write ? 1 : 0, 2);
      next_ += step_;
    }
  }

 private:
  static constexpr int64_t kLineFloats = 16;

  const float* next_ = nullptr;
  int64_t step_ = 0;
  int64_t left_ = 0;
  int64_t count_ = 0;
};

}  // namespace
}  // namespace viditq
