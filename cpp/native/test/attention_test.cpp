// Attention against its definition, over odd extents.
#include <algorithm>
#include <cstring>

#include "isas.h"
#include "operators.h"

using operators::normal;

namespace {

struct Case {
  int64_t batch, queries, heads, d, dv;
  std::vector<int64_t> key_starts;
  std::vector<int64_t> bias_dims;  // empty for none

  int64_t keys() const { return key_starts.back(); }
};

struct Operands {
  std::vector<float> q, k, v, bias;

  explicit Operands(const Case& c)
      : q(normal(c.batch * c.queries * c.heads * c.d, 1)),
        k(normal(c.keys() * c.heads * c.d, 2)),
        v(normal(c.keys() * c.heads * c.dv, 3)) {
    int64_t count = c.bias_dims.empty() ? 0 : 1;
    for (const int64_t dim : c.bias_dims) count *= dim;
    bias = normal(count, 4, 3.0f);
  }
};

double bias_at(const Case& c, const Operands& x, int64_t b, int64_t h, int64_t n, int64_t s) {
  if (x.bias.empty()) return 0.0;
  const auto& dims = c.bias_dims;
  const auto at = [&](int axis, int64_t i) { return dims[axis] == 1 ? 0 : i; };
  return x.bias[((at(0, b) * dims[1] + at(1, h)) * dims[2] + at(2, n)) * dims[3] + at(3, s)];
}

std::vector<double> defined(const Case& c, const Operands& x, float scale) {
  std::vector<double> out(c.batch * c.queries * c.heads * c.dv);
  for (int64_t b = 0; b < c.batch; b++) {
    for (int64_t n = 0; n < c.queries; n++) {
      for (int64_t h = 0; h < c.heads; h++) {
        const int64_t first = c.key_starts[b];
        std::vector<double> weights(c.key_starts[b + 1] - first);
        for (size_t s = 0; s < weights.size(); s++) {
          double dot = 0.0;
          for (int64_t i = 0; i < c.d; i++) {
            dot += static_cast<double>(x.q[((b * c.queries + n) * c.heads + h) * c.d + i]) *
                   x.k[((first + static_cast<int64_t>(s)) * c.heads + h) * c.d + i];
          }
          weights[s] = scale * dot + bias_at(c, x, b, h, n, static_cast<int64_t>(s));
        }
        const double maximum = *std::max_element(weights.begin(), weights.end());
        double sum = 0.0;
        for (double& weight : weights) sum += weight = std::exp(weight - maximum);
        for (size_t s = 0; s < weights.size(); s++) {
          for (int64_t i = 0; i < c.dv; i++) {
            const int64_t key = first + static_cast<int64_t>(s);
            out[((b * c.queries + n) * c.heads + h) * c.dv + i] +=
                weights[s] / sum * x.v[(key * c.heads + h) * c.dv + i];
          }
        }
      }
    }
  }
  return out;
}

viditq_attention_operands operands(const Case& c, const Operands& x, float scale) {
  viditq_attention_operands operands{};
  operands.q = x.q.data();
  operands.k = x.k.data();
  operands.v = x.v.data();
  operands.batch = c.batch;
  operands.queries = c.queries;
  operands.heads = c.heads;
  operands.d = c.d;
  operands.dv = c.dv;
  operands.key_starts = c.key_starts.data();
  operands.scale = scale;
  if (!c.bias_dims.empty()) {
    operands.bias = x.bias.data();
    std::copy(c.bias_dims.begin(), c.bias_dims.end(), operands.bias_dims);
  }
  return operands;
}

int attend(viditq_context* context, const Case& c, const Operands& x, float scale,
           std::vector<float>* out) {
  out->assign(c.batch * c.queries * c.heads * c.dv, NAN);
  return viditq_attention(context, operands(c, x, scale), out->data());
}

const std::vector<Case> kCases = {
    {1, 1, 1, 1, 1, {0, 1}, {}},
    {2, 33, 3, 7, 5, {0, 19, 38}, {}},
    {1, 300, 1, 72, 72, {0, 257}, {}},
    {2, 9, 2, 16, 33, {0, 600, 1200}, {2, 1, 1, 600}},
    {2, 5, 4, 24, 8, {0, 31, 62}, {1, 4, 5, 31}},
    {2, 6, 2, 9, 17, {0, 4, 8}, {1, 1, 1, 1}},
    {3, 40, 2, 20, 20, {0, 1, 260, 263}, {}},
    {1, 1100, 1, 25, 12, {0, 140}, {1, 1, 1100, 140}},
};

}  // namespace

TEST(attention_is_its_definition) {
  operators::on_every_isa(2, [](viditq_context* context) {
    for (const Case& c : kCases) {
      const Operands x(c);
      std::vector<float> out;
      CHECK_EQUAL(attend(context, c, x, 0.3f, &out), VIDITQ_OK);
      CHECK_CLOSE(out, defined(c, x, 0.3f), 3e-6);
    }
  });
}

TEST(attention_survives_huge_scores) {
  operators::on_every_isa(1, [](viditq_context* context) {
    const Case c{1, 8, 1, 16, 16, {0, 520}, {1, 1, 1, 520}};
    Operands x(c);
    for (float& q : x.q) q *= 1e4f;
    for (size_t s = 0; s < x.bias.size(); s++) x.bias[s] = s % 3 == 0 ? -3.4028235e38f : 0.0f;
    std::vector<float> out;
    CHECK_EQUAL(attend(context, c, x, 1.0f, &out), VIDITQ_OK);
    CHECK_CLOSE(out, defined(c, x, 1.0f), 1e-3);
  });
}

TEST(attention_does_not_depend_on_threads) {
  for (const int isa : isas::tested()) {
    for (const Case& c : kCases) {
      const Operands x(c);
      std::vector<float> expected;
      for (int threads = 1; threads <= 3; threads++) {
        operators::Context context(threads, isa);
        std::vector<float> out;
        CHECK_EQUAL(attend(context.handle, c, x, 0.3f, &out), VIDITQ_OK);
        if (threads == 1) expected = out;
        CHECK_EQUAL(out == expected, true);
      }
    }
  }
}

// NaN stays in what depends on it, and is not lost there, whatever its payload.
TEST(attention_spreads_nan_to_whom_it_concerns) {
  operators::on_every_isa(2, [](viditq_context* context) {
    const Case c{1, 70, 2, 17, 9, {0, 150}, {}};
    Operands x(c);
    const uint32_t bits = 0x7fc00001;
    std::memcpy(&x.q[(33 * c.heads + 1) * c.d + 3], &bits, sizeof(bits));
    std::vector<float> out;
    CHECK_EQUAL(attend(context, c, x, 0.3f, &out), VIDITQ_OK);
    for (int64_t n = 0; n < c.queries; n++) {
      for (int64_t i = 0; i < c.heads * c.dv; i++) {
        CHECK_EQUAL(std::isnan(out[n * c.heads * c.dv + i]), n == 33 && i >= c.dv);
      }
    }
    x = Operands(c);
    std::memcpy(&x.k[140 * c.heads * c.d], &bits, sizeof(bits));
    CHECK_EQUAL(attend(context, c, x, 0.3f, &out), VIDITQ_OK);
    for (int64_t n = 0; n < c.queries; n++) {
      for (int64_t i = 0; i < c.heads * c.dv; i++) {
        CHECK_EQUAL(std::isnan(out[n * c.heads * c.dv + i]), i < c.dv);
      }
    }
  });
}

TEST(attention_refuses_bad_operands) {
  operators::Context context(1, VIDITQ_PORTABLE);
  const Case good{2, 3, 2, 4, 4, {0, 5, 10}, {}};
  const Operands x(good);
  std::vector<float> out;
  const auto status = [&](const Case& c) { return attend(context.handle, c, x, 1.0f, &out); };
  CHECK_EQUAL(status(good), VIDITQ_OK);
  CHECK_EQUAL(status({0, 3, 2, 4, 4, {0, 5, 10}, {}}), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(status({2, 3, 2, 4, 4, {1, 5, 10}, {}}), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(status({2, 3, 2, 4, 4, {0, 10, 10}, {}}), VIDITQ_BAD_SIZE);

  const std::vector<int64_t> starts = {0, 5, 10};
  const auto call = [&](const float* q, const int64_t* key_starts, int64_t queries,
                        const float* bias, float* result) {
    viditq_attention_operands in = operands(good, x, 1.0f);
    in.q = q;
    in.key_starts = key_starts;
    in.queries = queries;
    in.bias = bias;
    for (int axis = 0; axis < 4; axis++) in.bias_dims[axis] = axis < 3 ? 1 : 7;
    return viditq_attention(context.handle, in, result);
  };
  out.resize(2 * 3 * 2 * 4);
  CHECK_EQUAL(call(nullptr, starts.data(), 3, nullptr, out.data()), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(call(x.q.data(), nullptr, 3, nullptr, out.data()), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(call(x.q.data(), starts.data(), 3, nullptr, nullptr), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(call(x.q.data(), starts.data(), 3, x.q.data(), out.data()), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call(out.data(), starts.data(), 3, nullptr, out.data()), VIDITQ_OVERLAP);
  CHECK_EQUAL(call(x.q.data(), starts.data(), INT64_MAX / 2, nullptr, out.data()), VIDITQ_OVERFLOW);
}
