// Attention in int8 and bfloat16 against their definitions, over odd extents: integers to the bit.
#include <algorithm>
#include <cstring>
#include <limits>

#include "isas.h"
#include "operators.h"

using operators::normal;

namespace {

struct Head {
  int64_t queries, keys, d, dv;
  bool biased;
};

struct Operands {
  std::vector<float> q, k, v, bias;

  explicit Operands(const Head& h)
      : q(normal(h.queries * h.d, 1)),
        k(normal(h.keys * h.d, 2)),
        v(normal(h.keys * h.dv, 3)),
        bias(normal(h.biased ? h.queries * h.keys : 0, 4, 3.0f)) {
    // Keys whose channels have a mean, as those of models.
    for (size_t i = 0; i < k.size(); i++) k[i] += static_cast<float>(i % h.d % 5);
  }
};

// Everything that viditq_attention_integers writes.
struct Integers {
  std::vector<int8_t> q, k, v;
  std::vector<float> q_scale, k_scale, v_scale, out;
  std::vector<int32_t> scores, sums;
  std::vector<uint8_t> p;

  explicit Integers(const Head& h)
      : q(h.queries * h.d),
        k(h.keys * h.d),
        v(h.keys * h.dv),
        q_scale(h.queries),
        k_scale(h.keys),
        v_scale(blocks(h) * h.dv),
        out(h.queries * h.dv),
        scores(h.queries * h.keys),
        sums(blocks(h) * h.queries * h.dv),
        p(h.queries * h.keys) {}

  static int64_t blocks(const Head& h) {
    return (h.keys + VIDITQ_ATTENTION_BLOCK - 1) / VIDITQ_ATTENTION_BLOCK;
  }
};

viditq_attention_operands operands(const Head& h, const Operands& x, float scale,
                                   const int64_t* starts, int32_t precision) {
  viditq_attention_operands in{};
  in.q = x.q.data();
  in.k = x.k.data();
  in.v = x.v.data();
  in.batch = in.heads = 1;
  in.queries = h.queries;
  in.d = h.d;
  in.dv = h.dv;
  in.key_starts = starts;
  in.scale = scale;
  if (h.biased) {
    in.bias = x.bias.data();
    in.bias_dims[0] = in.bias_dims[1] = 1;
    in.bias_dims[2] = h.queries;
    in.bias_dims[3] = h.keys;
  }
  in.precision = precision;
  return in;
}

Integers computed(viditq_context* context, const Head& h, const Operands& x, float scale) {
  Integers r(h);
  const int64_t starts[2] = {0, h.keys};
  CHECK_EQUAL(viditq_attention_integers(
                  context, operands(h, x, scale, starts, VIDITQ_ATTENTION_INT8),
                  {r.q.data(), r.q_scale.data(), r.k.data(), r.k_scale.data(), r.scores.data(),
                   r.p.data(), r.v.data(), r.v_scale.data(), r.sums.data()},
                  r.out.data()),
              VIDITQ_OK);
  return r;
}

float grid(const float* x, int64_t step, int64_t count, int8_t* codes) {
  float largest = 0.0f;
  for (int64_t i = 0; i < count; i++) largest = std::max(largest, std::fabs(x[i * step]));
  const float scale = std::max(largest / 127.0f, 1e-6f);
  for (int64_t i = 0; i < count; i++) {
    codes[i * step] = static_cast<int8_t>(std::nearbyint(x[i * step] / scale));
  }
  return scale;
}

// AttentionPrecision.INT8 of the Java contract, word for word; no operation is fused.
Integers defined(const Head& h, const Operands& x, float scale) {
  Integers r(h);
  std::vector<float> k = x.k;
  for (int64_t i = 0; i < h.d; i++) {
    double sum = 0.0;
    for (int64_t s = 0; s < h.keys; s++) sum += x.k[s * h.d + i];
    const float mean = static_cast<float>(sum / static_cast<double>(h.keys));
    for (int64_t s = 0; s < h.keys; s++) k[s * h.d + i] -= mean;
  }
  for (int64_t n = 0; n < h.queries; n++) {
    r.q_scale[n] = grid(&x.q[n * h.d], 1, h.d, &r.q[n * h.d]);
  }
  for (int64_t s = 0; s < h.keys; s++) {
    r.k_scale[s] = grid(&k[s * h.d], 1, h.d, &r.k[s * h.d]);
  }
  for (int64_t b = 0; b < Integers::blocks(h); b++) {
    const int64_t first = b * VIDITQ_ATTENTION_BLOCK;
    const int64_t count = std::min<int64_t>(VIDITQ_ATTENTION_BLOCK, h.keys - first);
    for (int64_t i = 0; i < h.dv; i++) {
      r.v_scale[b * h.dv + i] = grid(&x.v[first * h.dv + i], h.dv, count, &r.v[first * h.dv + i]);
    }
  }
  const float to_powers = scale * 1.44269504f;
  for (int64_t n = 0; n < h.queries; n++) {
    const float factor = r.q_scale[n] * to_powers;
    std::vector<float> score(h.keys);
    for (int64_t s = 0; s < h.keys; s++) {
      int32_t sum = 0;
      for (int64_t i = 0; i < h.d; i++) sum += r.q[n * h.d + i] * r.k[s * h.d + i];
      r.scores[n * h.keys + s] = sum;
      const float product = static_cast<float>(sum) * r.k_scale[s];
      score[s] = product * factor;
      if (h.biased) {
        const float bias = x.bias[n * h.keys + s] * 1.44269504f;
        score[s] += std::min(std::max(bias, -0x1p100f), 0x1p100f);
      }
    }
    std::vector<double> out(h.dv);
    double total = 0.0;
    const double highest = *std::max_element(score.begin(), score.end());
    for (int64_t b = 0; b < Integers::blocks(h); b++) {
      const int64_t first = b * VIDITQ_ATTENTION_BLOCK;
      const int64_t end = std::min<int64_t>(first + VIDITQ_ATTENTION_BLOCK, h.keys);
      const float most = *std::max_element(score.begin() + first, score.begin() + end);
      const double share = std::exp2(most - highest);
      for (int64_t s = first; s < end; s++) {
        const float t = std::max(score[s] - most, -16.0f);
        const float whole = std::nearbyint(t);
        const float rest = t - whole;
        const float square = 60.79937862f * rest;
        const float line = (square + 179.3792415f) * rest;
        const float weight = std::ldexp(line + 255.1130012f, static_cast<int>(whole));
        const auto code = static_cast<uint8_t>(std::nearbyint(weight));
        r.p[n * h.keys + s] = code;
        total += share * code;
        for (int64_t i = 0; i < h.dv; i++) {
          r.sums[(b * h.queries + n) * h.dv + i] += code * r.v[s * h.dv + i];
        }
      }
      for (int64_t i = 0; i < h.dv; i++) {
        out[i] += share * r.v_scale[b * h.dv + i] * r.sums[(b * h.queries + n) * h.dv + i];
      }
    }
    for (int64_t i = 0; i < h.dv; i++) {
      r.out[n * h.dv + i] = static_cast<float>(out[i] / total);
    }
  }
  return r;
}

void check_head(viditq_context* context, const Head& h, const Operands& x, float scale) {
  const Integers expected = defined(h, x, scale);
  const Integers actual = computed(context, h, x, scale);
  CHECK_EQUAL(actual.q == expected.q, true);
  CHECK_EQUAL(actual.k == expected.k, true);
  CHECK_EQUAL(actual.v == expected.v, true);
  CHECK_EQUAL(actual.q_scale == expected.q_scale, true);
  CHECK_EQUAL(actual.k_scale == expected.k_scale, true);
  CHECK_EQUAL(actual.v_scale == expected.v_scale, true);
  CHECK_EQUAL(actual.scores == expected.scores, true);
  CHECK_EQUAL(actual.p == expected.p, true);
  CHECK_EQUAL(actual.sums == expected.sums, true);
  CHECK_CLOSE(actual.out, std::vector<double>(expected.out.begin(), expected.out.end()), 4e-6);
  // The call that models make, cut into tasks, has the same result to the bit.
  std::vector<float> out(h.queries * h.dv, NAN);
  const int64_t starts[2] = {0, h.keys};
  CHECK_EQUAL(
      viditq_attention(context, operands(h, x, scale, starts, VIDITQ_ATTENTION_INT8), out.data()),
      VIDITQ_OK);
  CHECK_EQUAL(out == actual.out, true);
}

const std::vector<Head> kHeads = {
    {1, 1, 1, 1, false},     {16, 16, 72, 72, false},  {33, 130, 64, 88, false},
    {70, 120, 88, 64, true}, {40, 300, 72, 72, false}, {600, 129, 25, 12, true},
    {3, 128, 5, 7, true},    {31, 257, 17, 33, false}, {2, 5, 1024, 3, false},
};

float to_bfloat16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

}  // namespace

TEST(attention_in_int8_is_its_definition) {
  operators::on_every_isa(2, [](viditq_context* context) {
    for (const Head& h : kHeads) check_head(context, h, Operands(h), 0.2f);
  });
}

TEST(attention_in_int8_has_grids_for_odd_values) {
  operators::on_every_isa(1, [](viditq_context* context) {
    const Head h{9, 140, 20, 11, true};
    Operands x(h);
    for (int64_t i = 0; i < h.d; i++) x.q[i] = 0.0f;           // a row of zeros
    for (int64_t i = 0; i < h.d; i++) x.q[h.d + i] *= 1e-41f;  // denormals
    x.q[2 * h.d + 3] = 500.0f;                                 // an outlier
    for (int64_t i = 0; i < h.d; i++) x.q[3 * h.d + i] = (i % 9 - 4.0f) / 2.0f * 127.0f;  // ties
    x.q[3 * h.d] = 127.0f * 127.0f;
    for (int64_t s = 0; s < h.keys; s++) x.v[s * h.dv + 4] = 0.0f;  // a channel of zeros
    for (int64_t s = 0; s < h.keys; s++) x.k[s * h.d + 5] = 3.0f;   // and one that is its mean
    for (int64_t s = 0; s < h.keys; s += 3) x.bias[4 * h.keys + s] = -3.4028235e38f;
    for (int64_t s = 0; s < h.keys; s++) x.bias[5 * h.keys + s] = -3.4028235e38f;  // all masked
    for (int64_t s = 0; s < 128; s++) x.bias[6 * h.keys + s] = -1e4f;  // a block is masked
    x.bias[7 * h.keys + 2] = -std::numeric_limits<float>::infinity();
    check_head(context, h, x, 0.2f);
  });
}

TEST(attention_in_int8_is_near_attention) {
  operators::on_every_isa(2, [](viditq_context* context) {
    const Head h{64, 300, 72, 72, false};
    const Operands x(h);
    const float scale = 1.0f / std::sqrt(72.0f);
    const int64_t starts[2] = {0, h.keys};
    std::vector<float> exact(h.queries * h.dv);
    CHECK_EQUAL(viditq_attention(context, operands(h, x, scale, starts, VIDITQ_ATTENTION_FP32),
                                 exact.data()),
                VIDITQ_OK);
    const std::vector<double> expected(exact.begin(), exact.end());
    for (const int32_t precision : {VIDITQ_ATTENTION_BF16, VIDITQ_ATTENTION_INT8}) {
      std::vector<float> out(h.queries * h.dv);
      CHECK_EQUAL(viditq_attention(context, operands(h, x, scale, starts, precision), out.data()),
                  VIDITQ_OK);
      CHECK_CLOSE(out, expected, precision == VIDITQ_ATTENTION_BF16 ? 6e-3 : 2e-2);
      CHECK_EQUAL(out != exact, true);
    }
  });
}

TEST(attention_in_bf16_is_its_definition) {
  operators::on_every_isa(2, [](viditq_context* context) {
    for (const Head& h : kHeads) {
      Operands x(h);
      const float scale = 0.2f;
      const int64_t starts[2] = {0, h.keys};
      std::vector<float> out(h.queries * h.dv);
      CHECK_EQUAL(viditq_attention(context, operands(h, x, scale, starts, VIDITQ_ATTENTION_BF16),
                                   out.data()),
                  VIDITQ_OK);
      for (std::vector<float>* part : {&x.q, &x.k, &x.v}) {
        for (float& value : *part) value = to_bfloat16(value);
      }
      std::vector<double> expected(h.queries * h.dv);
      for (int64_t n = 0; n < h.queries; n++) {
        std::vector<double> weights(h.keys);
        for (int64_t s = 0; s < h.keys; s++) {
          double dot = 0.0;
          for (int64_t i = 0; i < h.d; i++) {
            dot += static_cast<double>(x.q[n * h.d + i]) * x.k[s * h.d + i];
          }
          weights[s] = scale * dot + (h.biased ? x.bias[n * h.keys + s] : 0.0f);
        }
        const double most = *std::max_element(weights.begin(), weights.end());
        double sum = 0.0;
        for (double& weight : weights) sum += weight = std::exp(weight - most);
        for (int64_t s = 0; s < h.keys; s++) {
          for (int64_t i = 0; i < h.dv; i++) {
            expected[n * h.dv + i] += weights[s] / sum * x.v[s * h.dv + i];
          }
        }
      }
      // Weights are off by 2^-9 of themselves.
      CHECK_CLOSE(out, expected, 8e-3);
    }
  });
}

TEST(rounded_attention_spreads_what_is_not_finite) {
  operators::on_every_isa(2, [](viditq_context* context) {
    const Head h{70, 150, 17, 9, false};
    const int64_t starts[2] = {0, h.keys};
    for (const int32_t precision : {VIDITQ_ATTENTION_BF16, VIDITQ_ATTENTION_INT8}) {
      std::vector<float> out(h.queries * h.dv);
      const auto attend = [&](const Operands& x) {
        CHECK_EQUAL(viditq_attention(context, operands(h, x, 0.3f, starts, precision), out.data()),
                    VIDITQ_OK);
      };
      for (const float bad : {NAN, INFINITY}) {
        if (precision == VIDITQ_ATTENTION_BF16 && std::isinf(bad)) continue;
        Operands query(h);
        query.q[33 * h.d + 3] = bad;
        attend(query);
        for (int64_t i = 0; i < h.queries * h.dv; i++) {
          CHECK_EQUAL(std::isnan(out[i]), i / h.dv == 33);
        }
        Operands key(h);
        key.k[140 * h.d] = bad;
        attend(key);
        for (const float value : out) CHECK_EQUAL(std::isnan(value), true);
        Operands value(h);
        value.v[140 * h.dv + 4] = bad;
        attend(value);
        for (int64_t i = 0; i < h.queries * h.dv; i++) {
          CHECK_EQUAL(std::isnan(out[i]), i % h.dv == 4);
        }
      }
    }
    Head biased = h;
    biased.biased = true;
    Operands x(biased);
    x.bias[33 * h.keys + 140] = NAN;
    std::vector<float> out(h.queries * h.dv);
    CHECK_EQUAL(viditq_attention(context, operands(biased, x, 0.3f, starts, VIDITQ_ATTENTION_INT8),
                                 out.data()),
                VIDITQ_OK);
    for (int64_t i = 0; i < h.queries * h.dv; i++) {
      CHECK_EQUAL(std::isnan(out[i]), i / h.dv == 33);
    }
  });
}

TEST(rounded_attention_does_not_depend_on_threads_and_packing) {
  for (const int isa : isas::tested()) {
    constexpr int64_t kHeadsPerSample = 3, kQueries = 200, kD = 24;
    const std::vector<int64_t> starts = {0, 1, 150, 290};
    const std::vector<float> q = normal(3 * kQueries * kHeadsPerSample * kD, 1);
    const std::vector<float> k = normal(290 * kHeadsPerSample * kD, 2);
    const std::vector<float> v = normal(290 * kHeadsPerSample * kD, 3);
    for (const int32_t precision : {VIDITQ_ATTENTION_BF16, VIDITQ_ATTENTION_INT8}) {
      std::vector<float> expected;
      for (int threads = 1; threads <= 3; threads++) {
        operators::Context context(threads, isa);
        std::vector<float> out(q.size(), NAN);
        viditq_attention_operands in{};
        in.q = q.data();
        in.k = k.data();
        in.v = v.data();
        in.batch = 3;
        in.queries = kQueries;
        in.heads = kHeadsPerSample;
        in.d = in.dv = kD;
        in.key_starts = starts.data();
        in.scale = 0.2f;
        in.precision = precision;
        CHECK_EQUAL(viditq_attention(context.handle, in, out.data()), VIDITQ_OK);
        if (threads == 1) expected = out;
        CHECK_EQUAL(out == expected, true);
      }
      for (const float value : expected) CHECK_EQUAL(std::isfinite(value), true);
    }
  }
}

TEST(rounded_attention_refuses_what_it_must) {
  const operators::Context context(1, VIDITQ_PORTABLE);
  const Head h{3, 5, 4, 4, false};
  const Operands x(h);
  const int64_t starts[2] = {0, h.keys};
  std::vector<float> out(h.queries * h.dv);
  const auto status = [&](int32_t precision, int64_t d) {
    viditq_attention_operands in = operands(h, x, 1.0f, starts, precision);
    in.d = d;
    return viditq_attention(context.handle, in, out.data());
  };
  CHECK_EQUAL(status(-1, 4), VIDITQ_BAD_ARGUMENT);
  CHECK_EQUAL(status(VIDITQ_ATTENTION_PRECISION_COUNT, 4), VIDITQ_BAD_ARGUMENT);
  const std::vector<float> wide(3 * 2000);
  viditq_attention_operands in = operands(h, x, 1.0f, starts, VIDITQ_ATTENTION_INT8);
  in.q = wide.data();
  in.k = wide.data();
  in.queries = 1;
  in.d = VIDITQ_ATTENTION_MOST_INNER + 1;
  CHECK_EQUAL(viditq_attention(context.handle, in, out.data()), VIDITQ_BAD_SIZE);

  Integers r(h);
  const viditq_attention_codes codes{r.q.data(),       r.q_scale.data(), r.k.data(),
                                     r.k_scale.data(), r.scores.data(),  r.p.data(),
                                     r.v.data(),       r.v_scale.data(), r.sums.data()};
  const auto integers = [&](viditq_attention_operands operands, viditq_attention_codes to) {
    return viditq_attention_integers(context.handle, operands, to, out.data());
  };
  const viditq_attention_operands good = operands(h, x, 1.0f, starts, 0);
  CHECK_EQUAL(integers(good, codes), VIDITQ_OK);
  CHECK_EQUAL(viditq_attention_integers(nullptr, good, codes, out.data()), VIDITQ_NULL_POINTER);
  viditq_attention_operands bad = good;
  bad.key_starts = nullptr;
  CHECK_EQUAL(integers(bad, codes), VIDITQ_NULL_POINTER);
  bad = good;
  bad.heads = 2;
  CHECK_EQUAL(integers(bad, codes), VIDITQ_BAD_SIZE);
  viditq_attention_codes missing = codes;
  missing.p = nullptr;
  CHECK_EQUAL(integers(good, missing), VIDITQ_NULL_POINTER);
  viditq_attention_codes shared = codes;
  shared.v = shared.q;
  CHECK_EQUAL(integers(good, shared), VIDITQ_OVERLAP);
  shared = codes;
  shared.q_scale = out.data() + out.size() - 1;
  CHECK_EQUAL(integers(good, shared), VIDITQ_OVERLAP);
  shared = codes;
  shared.k_scale = const_cast<float*>(good.k) + r.k.size() - 1;
  CHECK_EQUAL(integers(good, shared), VIDITQ_OVERLAP);
}
