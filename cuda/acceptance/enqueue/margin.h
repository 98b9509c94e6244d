// What lies behind an operand, and in outputs before they are written.
#pragma once

#include <algorithm>
#include <cstddef>

namespace enqueue {

constexpr size_t kMargin = 256;
constexpr int kPoison = 0x5a;

inline bool is_poison(const char* margin) {
  return std::all_of(margin, margin + kMargin, [](char byte) { return byte == kPoison; });
}

}  // namespace enqueue
