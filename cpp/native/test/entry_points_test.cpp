// What every entry point has to refuse: missing buffers, outputs over other buffers, extents that
// are zero, negative or beyond memory, and calls for which there is no memory. One table; a new
// entry point needs one line of it.
#include <cstring>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "check.h"
#include "rows_of_codes.h"

namespace {

enum Kind { kFloats, kInts, kBytes };

struct Argument {
  Kind kind;
  bool output = false;
  bool optional = false;
};

constexpr Argument kIn{kFloats};
constexpr Argument kOptional{kFloats, false, true};
constexpr Argument kOut{kFloats, true};
constexpr Argument kInIndices{kInts};
constexpr Argument kOptionalIndices{kInts, false, true};
constexpr Argument kOutIndices{kInts, true};
constexpr Argument kInCodes{kBytes};
constexpr Argument kOutCodes{kBytes, true};

// Memory for one call, more than any needs: floats 1, integers 0, bytes 1.
struct Memory {
  std::vector<std::vector<uint8_t>> blocks;
  std::vector<void*> pointers;

  explicit Memory(const std::vector<Argument>& arguments) {
    constexpr int64_t kFloatCount = 512;
    for (const Argument& argument : arguments) {
      blocks.emplace_back(kFloatCount * sizeof(float), argument.kind == kBytes ? 1 : 0);
      if (argument.kind == kFloats) {
        const std::vector<float> ones(kFloatCount, 1.0f);
        std::memcpy(blocks.back().data(), ones.data(), blocks.back().size());
      }
    }
    for (std::vector<uint8_t>& block : blocks) pointers.push_back(block.data());
  }
};

// The arguments of a call, by position.
struct Arguments {
  viditq_context* context;
  const std::vector<void*>& buffers;
  const std::vector<int64_t>& extents;

  const float* in(int i) const { return static_cast<const float*>(buffers[i]); }
  float* out(int i) const { return static_cast<float*>(buffers[i]); }
  int32_t* ints(int i) const { return static_cast<int32_t*>(buffers[i]); }
  uint8_t* bytes(int i) const { return static_cast<uint8_t*>(buffers[i]); }
  int64_t operator[](int i) const { return extents[i]; }

  // Of four buffers: codes, scale, zero point and row sum.
  viditq_tokens tokens(int first, int64_t rows, int64_t columns) const {
    viditq_tokens tokens{};
    tokens.codes = bytes(first);
    tokens.scale = out(first + 1);
    tokens.zero_point = ints(first + 2);
    tokens.row_sum = ints(first + 3);
    tokens.rows = rows;
    tokens.columns = columns;
    tokens.bits = 8;
    return tokens;
  }

  // Of three buffers: bias, gate and residual.
  viditq_epilogue epilogue(int first) const {
    viditq_epilogue epilogue{};
    epilogue.bias = in(first);
    epilogue.activation = VIDITQ_SILU;
    epilogue.gate = in(first + 1);
    epilogue.rows_per_gate = 2;
    epilogue.residual = in(first + 2);
    return epilogue;
  }

  // Of three buffers, x, shift and scale, and three extents, batch, tokens and channels.
  viditq_modulation modulation(int64_t shift_batch, int64_t scale_batch) const {
    viditq_modulation modulation{};
    modulation.x = in(0);
    modulation.batch = extents[0];
    modulation.tokens = extents[1];
    modulation.channels = extents[2];
    modulation.shift = in(1);
    modulation.shift_batch = shift_batch;
    modulation.scale = in(2);
    modulation.scale_batch = scale_batch;
    modulation.eps = 1e-6f;
    return modulation;
  }
};

struct EntryPoint {
  std::string name;
  std::vector<int64_t> extents;
  std::vector<Argument> buffers;
  std::function<int(const Arguments&)> call;
  bool takes_context = true;
};

void expect(bool holds, const EntryPoint& entry, const std::string& what, int status) {
  if (holds) return;
  check::failures()++;
  std::cerr << "viditq_" << entry.name << " " << what << ": " << viditq_status_message(status)
            << "\n";
}

// With less memory than the call needs, from none on: it says so, and leaves nothing behind.
void check_without_memory(const EntryPoint& entry) {
  Memory memory(entry.buffers);
  const int64_t before = viditq_allocated_bytes();
  int status = VIDITQ_NO_MEMORY;
  for (int64_t more = 0; status == VIDITQ_NO_MEMORY; more += 64 + more / 8) {
    {
      std::unique_ptr<operators::Context> context;
      if (entry.takes_context) context = std::make_unique<operators::Context>(2, VIDITQ_PORTABLE);
      viditq_limit_allocated_bytes(viditq_allocated_bytes() + more);
      status = entry.call({context ? context->handle : nullptr, memory.pointers, entry.extents});
      viditq_limit_allocated_bytes(INT64_MAX);
    }
    const std::string what = "with " + std::to_string(more) + " bytes of memory";
    expect(status == VIDITQ_NO_MEMORY || status == VIDITQ_OK, entry, what, status);
    expect(viditq_allocated_bytes() == before, entry, what + " keeps some", status);
  }
}

void check_entry_point(const EntryPoint& entry, viditq_context* context) {
  const auto call = [&](const std::vector<void*>& buffers, const std::vector<int64_t>& extents,
                        viditq_context* with) {
    return entry.call({with, buffers, extents});
  };
  using Change = std::function<void(std::vector<void*>*, std::vector<int64_t>*)>;
  const auto fresh = [&](const Change& change) {
    Memory memory(entry.buffers);
    std::vector<int64_t> extents = entry.extents;
    change(&memory.pointers, &extents);
    return call(memory.pointers, extents, context);
  };
  int status = fresh([](auto*, auto*) {});
  expect(status == VIDITQ_OK, entry, "as it should be called", status);
  if (entry.takes_context) {
    Memory memory(entry.buffers);
    status = call(memory.pointers, entry.extents, nullptr);
    expect(status == VIDITQ_NULL_POINTER, entry, "without a context", status);
  }
  for (size_t i = 0; i < entry.buffers.size(); i++) {
    status = fresh([&](auto* buffers, auto*) { (*buffers)[i] = nullptr; });
    expect(status == (entry.buffers[i].optional ? VIDITQ_OK : VIDITQ_NULL_POINTER), entry,
           "without buffer " + std::to_string(i), status);
    if (!entry.buffers[i].output) continue;
    for (size_t j = 0; j < entry.buffers.size(); j++) {
      if (j == i) continue;
      status = fresh([&](auto* buffers, auto*) { (*buffers)[i] = (*buffers)[j]; });
      expect(status == VIDITQ_OVERLAP, entry,
             "with buffer " + std::to_string(i) + " over " + std::to_string(j), status);
    }
  }
  for (size_t i = 0; i < entry.extents.size(); i++) {
    for (const int64_t bad : {INT64_C(0), INT64_C(-1), INT64_MIN}) {
      status = fresh([&](auto*, auto* extents) { (*extents)[i] = bad; });
      expect(status == VIDITQ_BAD_SIZE, entry,
             "with extent " + std::to_string(i) + " of " + std::to_string(bad), status);
    }
    // Beyond the address space, and beyond what int64 can count.
    for (const int64_t bad : {INT64_C(1) << 47, INT64_C(1) << 60, INT64_C(1) << 62, INT64_MAX}) {
      status = fresh([&](auto*, auto* extents) { (*extents)[i] = bad; });
      expect(status == VIDITQ_OVERFLOW || status == VIDITQ_BAD_SIZE, entry,
             "with extent " + std::to_string(i) + " of " + std::to_string(bad), status);
    }
  }
  check_without_memory(entry);
}

// The product of extents, which may be beyond int64.
int64_t times(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

std::vector<EntryPoint> row_entry_points() {
  return {
      {"quantize_tokens",
       {4, 3},
       {kIn, kOptional, kOutCodes, kOut, kOutIndices, kOutIndices},
       [](const Arguments& a) {
         return viditq_quantize_tokens(a.context, a.in(0), a.in(1), a.tokens(2, a[0], a[1]));
       }},
      {"layer_norm_modulate_quantize",
       {1, 4, 3},
       {kIn, kIn, kIn, kOptional, kOutCodes, kOut, kOutIndices, kOutIndices},
       [](const Arguments& a) {
         return viditq_layer_norm_modulate_quantize(a.context, a.modulation(1, 1), a.in(3),
                                                    a.tokens(4, times(a[0], a[1]), a[2]));
       }},
      {"measure_range",
       {4, 3, 2},
       {kIn, kOptional, kOut, kOut},
       [](const Arguments& a) {
         return viditq_measure_range(a.context, a.in(0), a.in(1), a[0], a[1], a[2], a.out(2),
                                     a.out(3));
       }},
      {"quantize_groups",
       {4, 3, 2},
       {kIn, kOptional, kIn, kInIndices, kOutCodes, kOut, kOutIndices, kOutIndices},
       [](const Arguments& a) {
         return viditq_quantize_groups(a.context, a.in(0), a.in(1), a[2], a.in(2), a.ints(3),
                                       a.tokens(4, a[0], a[1]));
       }},
  };
}

std::vector<EntryPoint> float_entry_points() {
  return {
      {"layer_norm",
       {4, 3},
       {kIn, kOptional, kOptional, kOut},
       [](const Arguments& a) {
         return viditq_layer_norm(a.context, a.in(0), a[0], a[1], a.in(1), a.in(2), 1e-6f,
                                  a.out(3));
       }},
      {"layer_norm_modulate",
       {2, 4, 3, 1, 1},
       {kIn, kIn, kIn, kOut},
       [](const Arguments& a) {
         return viditq_layer_norm_modulate(a.context, a.modulation(a[3], a[4]), a.out(3));
       }},
      {"rms_norm",
       {4, 3},
       {kIn, kIn, kOut},
       [](const Arguments& a) {
         return viditq_rms_norm(a.context, a.in(0), a[0], a[1], a.in(1), 1e-6f, a.out(2));
       }},
      {"group_norm",
       {2, 4, 3, 2},
       {kIn, kIn, kIn, kOut},
       [](const Arguments& a) {
         return viditq_group_norm(
             a.context, {a.in(0), a[0], a[1], a[2], a[3], a.in(1), a.in(2), 1e-6f}, a.out(3));
       }},
      {"activate",
       {5},
       {kIn, kOut},
       [](const Arguments& a) {
         return viditq_activate(a.context, a.in(0), a[0], VIDITQ_SILU, a.out(1));
       }},
      {"scale",
       {5},
       {kIn, kOut},
       [](const Arguments& a) { return viditq_scale(a.context, a.in(0), a[0], 2.0f, a.out(1)); }},
      {"upsample",
       {2, 3, 4},
       {kIn, kOut},
       [](const Arguments& a) {
         return viditq_upsample(a.context, a.in(0), a[0], a[1], a[2], a.out(1));
       }},
      {"copy_runs",
       {4, 3, 3, 3},
       {kIn, kOut},
       [](const Arguments& a) {
         return viditq_copy_runs(a.context, a.in(0), a[1], a[0], a[2], a.out(1), a[3]);
       }},
      {"embed",
       {5, 3, 4},
       {kIn, kInIndices, kOut},
       [](const Arguments& a) {
         return viditq_embed(a.context, a.in(0), a[0], a[1], a.ints(1), a[2], a.out(2));
       }},
      {"timestep_embedding",
       {2, 6},
       {kIn, kOut},
       [](const Arguments& a) {
         return viditq_timestep_embedding(a.context, a.in(0), a[0], a[1], 0, 0.0f, a.out(1));
       }},
      {"rotary",
       {2, 3, 2, 4},
       {kIn, kIn, kIn, kOut},
       [](const Arguments& a) {
         return viditq_rotary(a.context, {a.in(0), a[0], a[1], a[2], a[3], a.in(1), a.in(2)},
                              a.out(3));
       }},
  };
}

TEST(every_entry_point_on_rows_refuses_what_it_must) {
  const operators::Context context(2, VIDITQ_PORTABLE);
  for (const EntryPoint& entry : row_entry_points()) check_entry_point(entry, context.handle);
}

TEST(every_entry_point_on_float32_refuses_what_it_must) {
  const operators::Context context(2, VIDITQ_PORTABLE);
  for (const EntryPoint& entry : float_entry_points()) check_entry_point(entry, context.handle);
}

TEST(combine_and_gather_refuse_what_they_must) {
  const operators::Context context(2, VIDITQ_PORTABLE);
  // Steps 0 repeat one value; dims are set by the extents.
  check_entry_point({"combine",
                     {4, 2, 3},
                     {kIn, kIn, kOut},
                     [](const Arguments& a) {
                       return viditq_combine(a.context, VIDITQ_ADD, {a.in(0), a[0], {}},
                                             {a.in(1), a[0], {}}, {{a[1], a[2]}, 2}, a.out(2));
                     }},
                    context.handle);
  check_entry_point(
      {"gather",
       {4, 2, 3},
       {kIn, kOut},
       [](const Arguments& a) {
         return viditq_gather(a.context, {a.in(0), a[0], {}}, {{a[1], a[2]}, 2}, a.out(1));
       }},
      context.handle);
}

TEST(attention_refuses_what_it_must) {
  const operators::Context context(2, VIDITQ_PORTABLE);
  check_entry_point({"attention",
                     {3, 2, 4, 4},
                     {kIn, kIn, kIn, kOptional, kOut},
                     [](const Arguments& a) {
                       const int64_t starts[2] = {0, 5};
                       return viditq_attention(a.context,
                                               {a.in(0),
                                                a.in(1),
                                                a.in(2),
                                                1,
                                                a[0],
                                                a[1],
                                                a[2],
                                                a[3],
                                                starts,
                                                0.5f,
                                                a.in(3),
                                                {1, 1, 1, 5},
                                                VIDITQ_ATTENTION_FP32},
                                               a.out(4));
                     }},
                    context.handle);
}

TEST(layers_refuse_what_they_must) {
  const operators::Context context(2, VIDITQ_PORTABLE);
  const std::vector<float> weight(4 * 3, 1.0f);
  viditq_dense* dense = nullptr;
  CHECK_EQUAL(viditq_prepare_dense(weight.data(), VIDITQ_FLOAT32, 4, 3, VIDITQ_FP32, 0, &dense),
              VIDITQ_OK);
  check_entry_point({"dense_linear",
                     {2, 3},
                     {kIn, kOptional, kOptional, kOptional, kOut},
                     [&](const Arguments& a) {
                       return viditq_dense_linear(a.context, dense, a.in(0), a[0], a[1],
                                                  a.epilogue(1), a.out(4));
                     }},
                    context.handle);
  viditq_free_dense(dense);

  const std::vector<uint8_t> codes(4 * 3, 1);
  viditq_weights* packed = nullptr;
  CHECK_EQUAL(viditq_pack_weights({codes.data(), VIDITQ_UNSIGNED_BYTES, 0, 4, 3, nullptr, nullptr},
                                  VIDITQ_PORTABLE, &packed),
              VIDITQ_OK);
  check_entry_point({"quantized_linear",
                     {2, 3},
                     {kInCodes, kIn, kInIndices, kInIndices, kOptional, kOptional, kOptional, kOut},
                     [&](const Arguments& a) {
                       return viditq_quantized_linear(a.context, packed, a.tokens(0, a[0], a[1]),
                                                      a.epilogue(4), a.out(7));
                     }},
                    context.handle);
  check_entry_point({"quantized_linear_to_codes",
                     {2, 3},
                     {kInCodes, kIn, kInIndices, kInIndices, kOptional, kOptional, kOutCodes, kOut,
                      kOutIndices, kOutIndices},
                     [&](const Arguments& a) {
                       return viditq_quantized_linear_to_codes(
                           a.context, packed, a.tokens(0, a[0], a[1]), a.in(4), VIDITQ_SILU,
                           a.in(5), a.tokens(6, a[0], 4));
                     }},
                    context.handle);
  check_entry_point({"multiply",
                     {2, 3},
                     {kInCodes, kOutIndices},
                     [&](const Arguments& a) {
                       return viditq_multiply(a.bytes(0), 0, a[0], a[1], packed, a.ints(1));
                     },
                     false},
                    context.handle);
  viditq_free_weights(packed);

  const int64_t kernel[3] = {1, 1, 1};
  viditq_convolution* convolution = nullptr;
  CHECK_EQUAL(viditq_prepare_convolution(weight.data(), VIDITQ_FLOAT32, 4, 3, kernel, &convolution),
              VIDITQ_OK);
  check_entry_point({"convolve",
                     {2, 3, 1, 5, 4},
                     {kIn, kOptional, kOut},
                     [&](const Arguments& a) {
                       return viditq_convolve(
                           a.context, convolution,
                           {a.in(0), a[0], a[1], {a[2], a[3], a[4]}, {1, 1, 1}, {}, {}, a.in(1)},
                           a.out(2));
                     }},
                    context.handle);
  viditq_free_convolution(convolution);
}

TEST(packing_refuses_what_it_must) {
  viditq_weights* packed = nullptr;
  for (const int layout : {VIDITQ_UNSIGNED_BYTES, VIDITQ_SIGNED_BYTES, VIDITQ_NIBBLES}) {
    const EntryPoint pack{"pack_weights",
                          {4, 3},
                          {kInCodes, kOptional, kOptionalIndices},
                          [&](const Arguments& a) {
                            const int status = viditq_pack_weights(
                                {a.bytes(0), layout, 0, a[0], a[1], a.in(1), a.ints(2)},
                                VIDITQ_PORTABLE, &packed);
                            if (status == VIDITQ_OK) viditq_free_weights(packed);
                            return status;
                          },
                          false};
    check_entry_point(pack, nullptr);
  }
  const EntryPoint dense{"prepare_dense",
                         {4, 3},
                         {kIn},
                         [&](const Arguments& a) {
                           viditq_dense* prepared = nullptr;
                           const int status = viditq_prepare_dense(a.in(0), VIDITQ_FLOAT32, a[0],
                                                                   a[1], VIDITQ_FP32, 0, &prepared);
                           if (status == VIDITQ_OK) viditq_free_dense(prepared);
                           return status;
                         },
                         false};
  check_entry_point(dense, nullptr);
  const EntryPoint convolution{"prepare_convolution",
                               {4, 3, 1, 1, 1},
                               {kIn},
                               [&](const Arguments& a) {
                                 const int64_t kernel[3] = {a[2], a[3], a[4]};
                                 viditq_convolution* prepared = nullptr;
                                 const int status = viditq_prepare_convolution(
                                     a.in(0), VIDITQ_FLOAT32, a[0], a[1], kernel, &prepared);
                                 if (status == VIDITQ_OK) viditq_free_convolution(prepared);
                                 return status;
                               },
                               false};
  check_entry_point(convolution, nullptr);
}

TEST(arrays_of_extents_may_not_be_missing) {
  const operators::Context owner(1, VIDITQ_PORTABLE);
  const std::vector<float> x(64, 1.0f);
  std::vector<float> out(64);
  CHECK_EQUAL(
      viditq_attention(owner.handle,
                       {x.data(), x.data(), x.data(), 1, 2, 1, 4, 4, nullptr, 1.0f, nullptr, {}, 0},
                       out.data()),
      VIDITQ_NULL_POINTER);
  viditq_convolution* convolution = nullptr;
  CHECK_EQUAL(viditq_prepare_convolution(x.data(), VIDITQ_FLOAT32, 4, 3, nullptr, &convolution),
              VIDITQ_NULL_POINTER);
}

TEST(handles_may_not_be_missing) {
  const operators::Context owner(1, VIDITQ_PORTABLE);
  viditq_context* const context = owner.handle;
  const std::vector<float> x(16, 1.0f);
  const std::vector<uint8_t> codes(16, 1);
  std::vector<float> out(16);
  std::vector<int32_t> sums(16);
  const operators::RowsOfCodes in(2, 3), out_codes(2, 4);
  const int64_t one[3] = {1, 1, 1};
  CHECK_EQUAL(viditq_prepare_dense(x.data(), VIDITQ_FLOAT32, 4, 3, VIDITQ_FP32, 0, nullptr),
              VIDITQ_NULL_POINTER);
  CHECK_EQUAL(viditq_prepare_convolution(x.data(), VIDITQ_FLOAT32, 4, 3, one, nullptr),
              VIDITQ_NULL_POINTER);
  CHECK_EQUAL(viditq_pack_weights({codes.data(), VIDITQ_UNSIGNED_BYTES, 0, 4, 3, nullptr, nullptr},
                                  VIDITQ_PORTABLE, nullptr),
              VIDITQ_NULL_POINTER);
  CHECK_EQUAL(viditq_dense_linear(context, nullptr, x.data(), 2, 3, {}, out.data()),
              VIDITQ_NULL_POINTER);
  CHECK_EQUAL(viditq_convolve(context, nullptr,
                              {x.data(), 2, 3, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, nullptr},
                              out.data()),
              VIDITQ_NULL_POINTER);
  CHECK_EQUAL(viditq_quantized_linear(context, nullptr, in.tokens(), {}, out.data()),
              VIDITQ_NULL_POINTER);
  CHECK_EQUAL(viditq_quantized_linear_to_codes(context, nullptr, in.tokens(), nullptr, 0, nullptr,
                                               out_codes.tokens()),
              VIDITQ_NULL_POINTER);
  CHECK_EQUAL(viditq_multiply(codes.data(), 0, 2, 3, nullptr, sums.data()), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(viditq_weights_bytes(nullptr), 0);
}

TEST(convolutions_refuse_strides_and_zeros_that_cannot_be) {
  const operators::Context context(1, VIDITQ_PORTABLE);
  const std::vector<float> x(64, 1.0f);
  std::vector<float> out(64);
  const int64_t kernel[3] = {1, 1, 2};
  viditq_convolution* convolution = nullptr;
  CHECK_EQUAL(viditq_prepare_convolution(x.data(), VIDITQ_FLOAT32, 2, 3, kernel, &convolution),
              VIDITQ_OK);
  struct Wrong {
    int64_t stride, before, after;
    int status;
  };
  const std::vector<Wrong> cases = {{1, 0, 0, VIDITQ_OK},
                                    {1, 1, 1, VIDITQ_OK},
                                    {0, 0, 0, VIDITQ_BAD_SIZE},
                                    {INT64_MIN, 0, 0, VIDITQ_BAD_SIZE},
                                    {INT64_MAX, 0, 0, VIDITQ_OVERFLOW},
                                    {1, -1, 0, VIDITQ_BAD_SIZE},
                                    {1, INT64_MIN, 0, VIDITQ_BAD_SIZE},
                                    {1, INT64_MAX, 0, VIDITQ_OVERFLOW},
                                    {1, 0, -1, VIDITQ_BAD_SIZE},
                                    {1, 0, INT64_MIN, VIDITQ_BAD_SIZE},
                                    {1, 0, INT64_MAX, VIDITQ_OVERFLOW}};
  for (const Wrong& wrong : cases) {
    for (int axis = 0; axis < 3; axis++) {
      viditq_convolution_operands operands{x.data(), 1, 3, {1, 2, 4}, {1, 1, 1}, {}, {}, nullptr};
      operands.stride[axis] = wrong.stride;
      operands.before[axis] = wrong.before;
      operands.after[axis] = wrong.after;
      CHECK_EQUAL(viditq_convolve(context.handle, convolution, operands, out.data()), wrong.status);
    }
  }
  viditq_free_convolution(convolution);
}

// Queries and keys fit, since a head has one channel; a bias for each pair of them does not.
TEST(attention_refuses_biases_beyond_memory) {
  const operators::Context context(1, VIDITQ_PORTABLE);
  const std::vector<float> x(4, 1.0f);
  std::vector<float> out(4);
  constexpr int64_t kQueries = INT64_C(1) << 31;
  constexpr int64_t kKeys = INT64_C(1) << 32;
  const int64_t starts[2] = {0, kKeys};
  CHECK_EQUAL(viditq_attention(context.handle,
                               {x.data(),
                                x.data(),
                                x.data(),
                                1,
                                kQueries,
                                2,
                                1,
                                1,
                                starts,
                                1.0f,
                                x.data(),
                                {1, 2, kQueries, kKeys},
                                0},
                               out.data()),
              VIDITQ_OVERFLOW);
}

}  // namespace
