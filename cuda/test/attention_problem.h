// Attention as the tests run it: operands, and what org.viditq.core.operators.AttentionPrecision
// .INT8 defines of them, written down once more.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "kernel_test.h"

namespace {

struct AttentionExtents {
  int batch;
  int heads;
  int queries;
  int keys;
  int d;
  int dv;
};

// One head of one sample: all integers, and the result in float64.
struct ExpectedHead {
  std::vector<int8_t> q, k, v;
  std::vector<float> q_scale, k_scale, v_scale;
  std::vector<int32_t> scores, sums;
  std::vector<uint8_t> p;
  std::vector<double> out;        // [queries, dv]
  std::vector<double> magnitude;  // of what was added up for it

  // q [queries, d], k [keys, d], v [keys, dv], bias [queries, keys] or empty
  ExpectedHead(const std::vector<float>& q_values, std::vector<float> k_values,
               const std::vector<float>& v_values, const std::vector<float>& bias, int queries,
               int keys, int d, int dv, float scale)
      : q(q_values.size()),
        k(k_values.size()),
        v(v_values.size()),
        q_scale(queries),
        k_scale(keys),
        v_scale(static_cast<size_t>(blocks(keys)) * dv),
        scores(static_cast<size_t>(queries) * keys),
        sums(static_cast<size_t>(blocks(keys)) * queries * dv),
        p(static_cast<size_t>(queries) * keys),
        out(static_cast<size_t>(queries) * dv),
        magnitude(static_cast<size_t>(queries) * dv) {
    for (int c = 0; c < d; c++) {
      double sum = 0;
      for (int s = 0; s < keys; s++) sum += k_values[s * d + c];
      const float mean = static_cast<float>(sum / keys);
      for (int s = 0; s < keys; s++) k_values[s * d + c] -= mean;
    }
    bool finite_keys = true;
    for (int n = 0; n < queries; n++) q_scale[n] = grid(&q_values[n * d], 1, d, &q[n * d]);
    for (int s = 0; s < keys; s++) {
      k_scale[s] = grid(&k_values[s * d], 1, d, &k[s * d]);
      finite_keys = finite_keys && !std::isnan(k_scale[s]);
    }
    for (int b = 0; b < blocks(keys); b++) {
      const int first = b * kBlock;
      for (int c = 0; c < dv; c++) {
        v_scale[b * dv + c] =
            grid(&v_values[first * dv + c], dv, std::min(kBlock, keys - first), &v[first * dv + c]);
      }
    }
    for (int n = 0; n < queries; n++) attend(n, bias, finite_keys, queries, keys, d, dv, scale);
  }

 private:
  static constexpr int kBlock = 128;
  static int blocks(int keys) { return (keys + kBlock - 1) / kBlock; }

  static float grid(const float* x, int step, int count, int8_t* codes) {
    float largest = 0.0f;
    for (int i = 0; i < count; i++) {
      if (!std::isfinite(x[i * step])) return kNaN;
      largest = std::max(largest, std::fabs(x[i * step]));
    }
    const float scale = std::max(largest / 127.0f, 1e-6f);
    for (int i = 0; i < count; i++) {
      codes[i * step] = static_cast<int8_t>(std::nearbyint(x[i * step] / scale));
    }
    return scale;
  }

  void attend(int n, const std::vector<float>& bias, bool finite, int queries, int keys, int d,
              int dv, float scale) {
    const float factor = q_scale[n] * (scale * 1.44269504f);
    finite = finite && !std::isnan(q_scale[n]);
    std::vector<float> x(keys);
    for (int s = 0; s < keys; s++) {
      int32_t sum = 0;
      for (int c = 0; c < d; c++) sum += q[n * d + c] * k[s * d + c];
      scores[n * keys + s] = sum;
      const float product = static_cast<float>(sum) * k_scale[s];
      x[s] = product * factor;
      if (bias.empty()) continue;
      const float b = bias[n * keys + s] * 1.44269504f;
      finite = finite && !std::isnan(b);
      x[s] += std::min(std::max(b, -0x1p100f), 0x1p100f);
    }
    std::vector<float> most(blocks(keys), -std::numeric_limits<float>::max());
    for (int s = 0; s < keys; s++) {
      if (x[s] > most[s / kBlock]) most[s / kBlock] = x[s];
    }
    const double highest = *std::max_element(most.begin(), most.end());
    double total = 0;
    for (int b = 0; b < blocks(keys); b++) {
      const double share = std::exp2(most[b] - highest);
      int32_t* of_block = &sums[(static_cast<size_t>(b) * queries + n) * dv];
      for (int s = b * kBlock; s < std::min(keys, (b + 1) * kBlock); s++) {
        const float distance = x[s] - most[b];
        const float t = distance > -16.0f ? distance : -16.0f;
        const float whole = std::nearbyint(t);
        const float rest = t - whole;
        const float square = 60.79937862f * rest;
        const float line = (square + 179.3792415f) * rest;
        const float weight = std::ldexp(line + 255.1130012f, static_cast<int>(whole));
        const auto code = static_cast<uint8_t>(std::nearbyint(weight));
        p[n * keys + s] = code;
        total += share * code;
        for (int c = 0; c < dv; c++) of_block[c] += code * v[s * dv + c];
      }
      for (int c = 0; c < dv; c++) {
        const double part = share * v_scale[b * dv + c] * of_block[c];
        out[n * dv + c] += part;
        magnitude[n * dv + c] += std::fabs(part);
      }
    }
    for (int c = 0; c < dv; c++) {
      double& result = out[n * dv + c];
      result = finite ? result / total : static_cast<double>(kNaN);
      magnitude[n * dv + c] /= total;
    }
  }
};

template <typename T>
struct AttentionProblem {
  AttentionExtents extents;
  float scale;
  Buffer<T> q, k, v;
  std::array<int, 4> bias_extents = {1, 1, 1, 1};
  std::unique_ptr<Buffer<T>> bias;  // null for none

  explicit AttentionProblem(const AttentionExtents& e, unsigned seed = 1)
      : extents(e),
        scale(1.7f / std::sqrt(static_cast<float>(e.d))),
        q(normal<T>(seed, static_cast<size_t>(e.batch) * e.queries * e.heads * e.d)),
        k(normal<T>(seed + 1, static_cast<size_t>(e.batch) * e.keys * e.heads * e.d)),
        v(normal<T>(seed + 2, static_cast<size_t>(e.batch) * e.keys * e.heads * e.dv)) {
    // Keys whose channels have a mean, as those of models.
    for (size_t i = 0; i < k.size(); i++) {
      k[i] = viditq::from_float<T>(viditq::to_float(k[i]) +
                                   static_cast<float>(i % static_cast<size_t>(e.d) % 5));
    }
  }

  // Adds a random bias of extents [samples, heads, queries, keys], each 1 unless it is asked for.
  void add_bias(bool samples, bool heads, bool queries, bool keys) {
    bias_extents = {samples ? extents.batch : 1, heads ? extents.heads : 1,
                    queries ? extents.queries : 1, keys ? extents.keys : 1};
    size_t size = 1;
    for (const int extent : bias_extents) size *= static_cast<size_t>(extent);
    bias = std::make_unique<Buffer<T>>(normal<T>(77, size, 3.0f));
  }

  T& q_at(int sample, int query, int head, int c) {
    return q[((static_cast<size_t>(sample) * extents.queries + query) * extents.heads + head) *
                 extents.d +
             c];
  }
  T& k_at(int sample, int key, int head, int c) {
    return k[((static_cast<size_t>(sample) * extents.keys + key) * extents.heads + head) *
                 extents.d +
             c];
  }
  T& v_at(int sample, int key, int head, int c) {
    return v[((static_cast<size_t>(sample) * extents.keys + key) * extents.heads + head) *
                 extents.dv +
             c];
  }

  float bias_at(int sample, int head, int query, int key) const {
    const auto index = [&](int axis, int i) { return bias_extents[axis] == 1 ? 0 : i; };
    size_t at = index(0, sample);
    at = at * bias_extents[1] + index(1, head);
    at = at * bias_extents[2] + index(2, query);
    at = at * bias_extents[3] + index(3, key);
    return viditq::to_float((*bias)[at]);
  }

  viditq_cuda_attention operands() const {
    viditq_cuda_attention in = {};
    in.q = q.data();
    in.k = k.data();
    in.v = v.data();
    in.type = type_of<T>();
    in.batch = extents.batch;
    in.queries = extents.queries;
    in.keys = extents.keys;
    in.heads = extents.heads;
    in.d = extents.d;
    in.dv = extents.dv;
    in.scale = scale;
    if (bias != nullptr) in.bias = bias->data();
    for (int i = 0; i < 4; i++) in.bias_extents[i] = bias_extents[i];
    return in;
  }

  size_t results() const {
    return static_cast<size_t>(extents.batch) * extents.queries * extents.heads * extents.dv;
  }

  Buffer<unsigned char> workspace() const {
    return Buffer<unsigned char>(static_cast<size_t>(viditq_cuda_attention_workspace(operands())),
                                 0xee);
  }

  int launch(Buffer<T>& out, Buffer<unsigned char>& memory, int kernel) const {
    return viditq_cuda_attention_int8(operands(), memory.data(), out.data(), kernel, nullptr);
  }

  Buffer<T> run(int kernel) const {
    Buffer<T> out(results(), viditq::from_float<T>(-77.0f));
    Buffer<unsigned char> memory = workspace();
    CHECK_EQUAL(finished(launch(out, memory, kernel)), VIDITQ_CUDA_OK);
    return out;
  }

  ExpectedHead expected(int sample, int head) const {
    const AttentionExtents& e = extents;
    const auto rows = [&](const Buffer<T>& from, int tokens, int channels) {
      std::vector<float> values;
      for (int token = 0; token < tokens; token++) {
        const size_t row = (static_cast<size_t>(sample) * tokens + token) * e.heads + head;
        for (int c = 0; c < channels; c++) {
          values.push_back(viditq::to_float(from[row * channels + c]));
        }
      }
      return values;
    };
    std::vector<float> biases;
    for (int n = 0; n < e.queries && bias != nullptr; n++) {
      for (int s = 0; s < e.keys; s++) biases.push_back(bias_at(sample, head, n, s));
    }
    return ExpectedHead(rows(q, e.queries, e.d), rows(k, e.keys, e.d), rows(v, e.keys, e.dv),
                        biases, e.queries, e.keys, e.d, e.dv, scale);
  }
};

// What a result may be off by, in parts of the magnitudes that were added up: per block of keys an
// exponential (2 ulp, and its rounded argument), three products and a sum, for the value as for the
// total; the division and the last product; and the rounding to T.
template <typename T>
double attention_error(int keys) {
  const double blocks = (keys + 127) / 128;
  const double float32 = (18 + 14 * blocks) * std::ldexp(1.0, -24);
  const int bits = sizeof(T) == 4 ? 24 : std::is_same<T, __half>::value ? 11 : 8;
  return float32 + std::ldexp(1.0, -bits);
}

// How many results are further off, or not NaN where they should be, or the other way round.
template <typename T>
int wrong_results(const AttentionProblem<T>& problem, const Buffer<T>& out) {
  const AttentionExtents& e = problem.extents;
  // Halves below the least normal one are multiples of 2^-24.
  const double smallest = std::is_same<T, __half>::value ? std::ldexp(1.0, -25) : 1e-38;
  int wrong = 0;
  for (int sample = 0; sample < e.batch; sample++) {
    for (int head = 0; head < e.heads; head++) {
      const ExpectedHead expected = problem.expected(sample, head);
      for (int n = 0; n < e.queries; n++) {
        for (int c = 0; c < e.dv; c++) {
          const size_t row = (static_cast<size_t>(sample) * e.queries + n) * e.heads + head;
          const double actual = viditq::to_float(out[row * e.dv + c]);
          const double wanted = expected.out[n * e.dv + c];
          const double bound =
              attention_error<T>(e.keys) * expected.magnitude[n * e.dv + c] + smallest;
          wrong +=
              std::isnan(wanted) ? !std::isnan(actual) : !(std::fabs(actual - wanted) <= bound);
        }
      }
    }
  }
  return wrong;
}

// Elements that differ in any bit, all NaN being one.
template <typename T>
int different_results(const Buffer<T>& a, const Buffer<T>& b) {
  int different = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size() && i < b.size(); i++) {
    const float x = viditq::to_float(a[i]);
    const float y = viditq::to_float(b[i]);
    different += std::isnan(x) ? !std::isnan(y) : std::memcmp(&a[i], &b[i], sizeof(T)) != 0;
  }
  return different;
}

}  // namespace
