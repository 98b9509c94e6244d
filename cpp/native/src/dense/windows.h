// The windows that a convolution sees, as the columns of a matrix.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace viditq {

struct Windows {
  int64_t channels;
  int64_t extent[3];
  int64_t kernel[3];
  int64_t stride[3];
  int64_t before[3];
  int64_t result[3];

  int64_t positions() const { return result[0] * result[1] * result[2]; }
  int64_t volume() const { return channels * kernel[0] * kernel[1] * kernel[2]; }

  // Writes [volume, count]: column i is the window at position first + i of x [channels,
  // extents...], zeros outside.
  void unfold(const float* x, int64_t first, int64_t count, float* to) const {
    for (int64_t c = 0; c < channels; c++) {
      const float* plane = x + c * extent[0] * extent[1] * extent[2];
      for (int64_t kt = 0; kt < kernel[0]; kt++) {
        for (int64_t kh = 0; kh < kernel[1]; kh++) {
          for (int64_t kw = 0; kw < kernel[2]; kw++, to += count) {
            unfold_tap(plane, kt, kh, kw, first, count, to);
          }
        }
      }
    }
  }

 private:
  // One row of the matrix: the values that one kernel position meets.
  void unfold_tap(const float* plane, int64_t kt, int64_t kh, int64_t kw, int64_t first,
                  int64_t count, float* to) const {
    for (int64_t done = 0; done < count;) {
      const int64_t position = first + done;
      const int64_t w = position % result[2];
      const int64_t run = std::min(count - done, result[2] - w);
      const int64_t h = position / result[2] % result[1] * stride[1] - before[1] + kh;
      const int64_t t = position / (result[2] * result[1]) * stride[0] - before[0] + kt;
      if (t < 0 || t >= extent[0] || h < 0 || h >= extent[1]) {
        std::memset(to + done, 0, run * sizeof(float));
      } else {
        const float* row = plane + (t * extent[1] + h) * extent[2];
        copy_row(row, w * stride[2] - before[2] + kw, run, to + done);
      }
      done += run;
    }
  }

  void copy_row(const float* row, int64_t from, int64_t run, float* to) const {
    if (stride[2] != 1) {
      for (int64_t i = 0; i < run; i++, from += stride[2]) {
        to[i] = from >= 0 && from < extent[2] ? row[from] : 0.0f;
      }
      return;
    }
    const int64_t left = std::clamp<int64_t>(-from, 0, run);
    const int64_t inside = std::clamp<int64_t>(extent[2] - from - left, 0, run - left);
    std::memset(to, 0, left * sizeof(float));
    if (inside > 0) std::memcpy(to + left, row + from + left, inside * sizeof(float));
    std::memset(to + left + inside, 0, (run - left - inside) * sizeof(float));
  }
};

}  // namespace viditq
