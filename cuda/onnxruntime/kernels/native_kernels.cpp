// The nodes on the CPU's own kernels (cpp/native), which are as fast as this processor allows.
#include <algorithm>
#include <atomic>
#include <cstring>

#include "engine.h"
#include "floats.h"
#include "kept_weights.h"
#include "node_kernels.h"
#include "report.h"

namespace viditq::ort {
namespace {

using trt::AttentionOperands;
using trt::GatedResidualOperands;
using trt::LinearOperands;

using Slot = Engine::Slot;
using Turn = Engine::Turn;

// Values of a task that converts: some microseconds.
constexpr int64_t kTaskValues = 16384;

int64_t task_rows(int64_t columns) { return std::max<int64_t>(1, kTaskValues / columns); }

int64_t code_row_bytes(int64_t columns) {
  return (columns + VIDITQ_CUDA_CODE_ROW - 1) / VIDITQ_CUDA_CODE_ROW * VIDITQ_CUDA_CODE_ROW;
}

int chosen_set(const int32_t* active_set, int sets) {
  return active_set == nullptr ? 0 : std::min(std::max(*active_set, 0), sets - 1);
}

const float* active_balance(const viditq_cuda_quantizer& in) {
  if (in.balance == nullptr) return nullptr;
  return in.balance + static_cast<int64_t>(chosen_set(in.active_set, in.sets)) * in.columns;
}

// Values as float32: those given, or copies of 16-bit ones.
const float* widened(const Turn& turn, Slot slot, const void* values, int type, int64_t count) {
  if (type == VIDITQ_CUDA_FLOAT32 || values == nullptr) return static_cast<const float*>(values);
  float* wide = turn.memory<float>(slot, count);
  const auto* halves = static_cast<const uint16_t*>(values);
  turn.pool().run_blocks(count, kTaskValues, [&](int64_t from, int64_t to) {
    widen(halves + from, type, to - from, wide + from);
  });
  return wide;
}

const float* input_of(const Turn& turn, const viditq_cuda_quantizer& in) {
  return widened(turn, Slot::kInput, in.x, in.type, static_cast<int64_t>(in.rows) * in.columns);
}

void require_sets(int32_t sets) {
  if (sets < 1) throw trt::Refusal("there are no sets of timestep ranges.");
}

void require_quantized(int status) {
  if (status == VIDITQ_NOT_FINITE) throw trt::Refusal(kNotFinite);
  require_ok(status);
}

void require_finite(const Turn& turn, const float* values, int64_t count) {
  std::atomic<bool> finite{true};
  turn.pool().run_blocks(count, kTaskValues, [&](int64_t from, int64_t to) {
    float zero = 0.0f;
    for (int64_t i = from; i < to; i++) zero += values[i] * 0.0f;
    if (!(zero == 0.0f)) finite = false;
  });
  if (!finite) throw trt::Refusal(kNotFinite);
}

// Rows of codes as the CPU's kernels have them, without what pads them for the tensor cores.
class TokenRows {
 public:
  TokenRows(const Turn& turn, const viditq_cuda_tokens& tokens, int64_t rows, int64_t columns)
      : turn_(turn), padded_(tokens.codes), rows_(rows), columns_(columns) {
    const bool dense = code_row_bytes(columns) == columns;
    view_.codes = dense ? tokens.codes : turn.memory<uint8_t>(Slot::kCodes, rows * columns);
    view_.scale = tokens.scale;
    view_.zero_point = tokens.zero_point;
    view_.row_sum = tokens.row_sum;
    view_.rows = rows;
    view_.columns = columns;
  }

  viditq_tokens view(int32_t bits, int32_t symmetric) const {
    viditq_tokens view = view_;
    view.bits = bits;
    view.symmetric = symmetric;
    return view;
  }

  void read() const { copy(padded_, code_row_bytes(columns_), view_.codes, columns_); }

  void write() const { copy(view_.codes, columns_, padded_, code_row_bytes(columns_)); }

 private:
  void copy(const uint8_t* from, int64_t from_step, uint8_t* to, int64_t to_step) const {
    if (from == to) return;
    turn_.pool().run_blocks(rows_, task_rows(columns_), [&](int64_t first, int64_t end) {
      for (int64_t row = first; row < end; row++) {
        std::memcpy(to + row * to_step, from + row * from_step, static_cast<size_t>(columns_));
      }
    });
  }

  const Turn& turn_;
  uint8_t* padded_;
  int64_t rows_;
  int64_t columns_;
  viditq_tokens view_ = {};
};

class NativeKernels final : public NodeKernels {
 public:
  explicit NativeKernels(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}

  size_t alignment(nvinfer1::DataType type) const override {
    switch (type) {
      case nvinfer1::DataType::kINT8:
        return 1;
      case nvinfer1::DataType::kHALF:
      case nvinfer1::DataType::kBF16:
        return 2;
      default:
        return 4;
    }
  }

  void quantize(const viditq_cuda_quantizer& in, const viditq_cuda_tokens& out, void*) override {
    require_sets(in.sets);
    const Turn turn(*engine_);
    quantize_values(turn, in, input_of(turn, in), active_balance(in), out);
  }

  void gelu_quantize(const viditq_cuda_quantizer& in, const viditq_cuda_tokens& out,
                     void*) override {
    require_sets(in.sets);
    const Turn turn(*engine_);
    const int64_t count = static_cast<int64_t>(in.rows) * in.columns;
    const float* x = input_of(turn, in);
    // GELU of -infinity is no value of a token, whatever number the kernel makes of it.
    require_finite(turn, x, count);
    float* values = turn.memory<float>(Slot::kValues, count);
    require_ok(viditq_activate(turn.context(), x, count, VIDITQ_GELU_TANH, values));
    quantize_values(turn, in, values, active_balance(in), out);
  }

  void hadamard_quantize(const viditq_cuda_quantizer& in, const viditq_cuda_rotation& rotation,
                         const viditq_cuda_tokens& out, void*) override {
    require_sets(in.sets);
    const Turn turn(*engine_);
    const TokenRows rows(turn, out, in.rows, in.columns);
    require_quantized(viditq_quantize_rotated_tokens(
        turn.context(), input_of(turn, in), active_balance(in),
        {rotation.block, rotation.base, rotation.matrix, rotation.regular},
        rows.view(in.bits, in.symmetric)));
    rows.write();
  }

  void norm_modulate_quantize(const viditq_cuda_quantizer& in, const float* shift,
                              const float* scale, int32_t samples, float epsilon,
                              const viditq_cuda_tokens& out, void*) override {
    require_sets(in.sets);
    const Turn turn(*engine_);
    const TokenRows rows(turn, out, in.rows, in.columns);
    viditq_modulation modulation = {};
    modulation.x = input_of(turn, in);
    modulation.batch = samples;
    modulation.tokens = in.rows / samples;
    modulation.channels = in.columns;
    modulation.shift = shift;
    modulation.shift_batch = samples;
    modulation.scale = scale;
    modulation.scale_batch = samples;
    modulation.eps = epsilon;
    require_quantized(viditq_layer_norm_modulate_quantize(
        turn.context(), modulation, active_balance(in), rows.view(in.bits, in.symmetric)));
    rows.write();
  }

  void keep_weights(const viditq_cuda_weights& weights, int32_t channels, int32_t inner) override {
    require_sets(weights.sets);
    kept_ = repack_all(weights, channels, inner, engine_->isa());
  }

  void linear(const LinearOperands& o, void*) override {
    require_sets(o.weights.sets);
    const int set = chosen_set(o.weights.active_set, o.weights.sets);
    NativeWeights repacked;
    if (kept_.empty()) repacked = repack(o.weights, set, o.channels, o.inner, engine_->isa());
    const viditq_weights* weights =
        kept_.empty() ? repacked.get() : kept_[static_cast<size_t>(set)].get();

    const Turn turn(*engine_);
    const int64_t results = static_cast<int64_t>(o.rows) * o.channels;
    const TokenRows rows(turn, o.x, o.rows, o.inner);
    rows.read();
    viditq_epilogue epilogue = {};
    epilogue.bias = o.epilogue.bias;
    epilogue.activation = o.epilogue.activation == VIDITQ_CUDA_ACTIVATION_GELU_TANH
                              ? VIDITQ_GELU_TANH
                              : VIDITQ_NO_ACTIVATION;
    if (o.epilogue.gate != nullptr) {
      epilogue.rows_per_gate = o.epilogue.rows_per_gate;
      epilogue.gate =
          widened(turn, Slot::kGate, o.epilogue.gate, o.type, results / o.epilogue.rows_per_gate);
    }
    epilogue.residual = widened(turn, Slot::kResidual, o.epilogue.residual, o.type, results);
    const bool wide = o.type == VIDITQ_CUDA_FLOAT32;
    float* y = wide ? static_cast<float*>(o.out) : turn.memory<float>(Slot::kOutput, results);
    // Of the token format, the product reads whether codes are signed.
    require_ok(
        viditq_quantized_linear(turn.context(), weights, rows.view(8, o.x_symmetric), epilogue, y));
    if (wide) return;
    auto* out = static_cast<uint16_t*>(o.out);
    turn.pool().run_blocks(results, kTaskValues, [&](int64_t from, int64_t to) {
      narrow(y + from, o.type, to - from, out + from);
    });
  }

  void gated_residual(const GatedResidualOperands& o, void*) override {
    const Turn turn(*engine_);
    const int64_t columns = o.channels;
    const int64_t count = o.rows * columns;
    const float* x = widened(turn, Slot::kInput, o.x, o.type, count);
    const float* gate = widened(turn, Slot::kGate, o.gate, o.type, count / o.rows_per_gate);
    const float* residual = widened(turn, Slot::kResidual, o.residual, o.type, count);
    const bool wide = o.type == VIDITQ_CUDA_FLOAT32;
    float* y = wide ? static_cast<float*>(o.out) : turn.memory<float>(Slot::kOutput, count);
    turn.pool().run_blocks(o.rows, task_rows(columns), [&](int64_t first, int64_t end) {
      for (int64_t row = first; row < end; row++) {
        const int64_t at = row * columns;
        add_gated(x + at, gate + row / o.rows_per_gate * columns, residual + at, columns, y + at);
        if (!wide) narrow(y + at, o.type, columns, static_cast<uint16_t*>(o.out) + at);
      }
    });
  }

  void attention(const AttentionOperands& o, void*) override {
    const Turn turn(*engine_);
    const viditq_cuda_attention& in = o.in;
    const int64_t queries = static_cast<int64_t>(in.batch) * in.queries * in.heads;
    const int64_t keys = static_cast<int64_t>(in.batch) * in.keys * in.heads;
    std::vector<int64_t> starts;
    for (int64_t sample = 0; sample <= in.batch; sample++) starts.push_back(sample * in.keys);
    viditq_attention_operands operands = {};
    operands.q = widened(turn, Slot::kInput, in.q, in.type, queries * in.d);
    operands.k = widened(turn, Slot::kValues, in.k, in.type, keys * in.d);
    operands.v = widened(turn, Slot::kCodes, in.v, in.type, keys * in.dv);
    operands.batch = in.batch;
    operands.queries = in.queries;
    operands.heads = in.heads;
    operands.d = in.d;
    operands.dv = in.dv;
    operands.key_starts = starts.data();
    operands.scale = in.scale;
    int64_t biases = 1;
    for (int i = 0; i < 4; i++) biases *= operands.bias_dims[i] = in.bias_extents[i];
    operands.bias = widened(turn, Slot::kGate, in.bias, in.type, biases);
    operands.precision = VIDITQ_ATTENTION_INT8;
    const int64_t results = queries * in.dv;
    const bool wide = in.type == VIDITQ_CUDA_FLOAT32;
    float* y = wide ? static_cast<float*>(o.out) : turn.memory<float>(Slot::kOutput, results);
    require_ok(viditq_attention(turn.context(), operands, y));
    if (wide) return;
    auto* out = static_cast<uint16_t*>(o.out);
    turn.pool().run_blocks(results, kTaskValues, [&](int64_t from, int64_t to) {
      narrow(y + from, in.type, to - from, out + from);
    });
  }

  // The CPU's kernels have memory of their own.
  int64_t attention_workspace(const viditq_cuda_attention&) override { return 0; }

 private:
  static void quantize_values(const Turn& turn, const viditq_cuda_quantizer& in,
                              const float* values, const float* balance,
                              const viditq_cuda_tokens& out) {
    const TokenRows rows(turn, out, in.rows, in.columns);
    require_quantized(
        viditq_quantize_tokens(turn.context(), values, balance, rows.view(in.bits, in.symmetric)));
    rows.write();
  }

  std::shared_ptr<Engine> engine_;
  std::vector<NativeWeights> kept_;  // empty unless the weights never change
};

}  // namespace

std::unique_ptr<NodeKernels> native_kernels(const Settings& settings) {
  return std::make_unique<NativeKernels>(Engine::of(settings.instruction_set, settings.threads));
}

}  // namespace viditq::ort
