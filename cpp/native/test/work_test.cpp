#include "threads/work.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include "operators.h"
#include "threads/thread_pool.h"
#include "viditq_operators.h"

namespace {

using std::chrono::milliseconds;
using viditq::ThreadPool;

// The exit status of a process that runs `program`: stopped work stays stopped.
template <typename Program>
int status_of(const Program& program) {
  const pid_t child = fork();
  if (child == 0) _exit(program());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void rest(milliseconds time) { std::this_thread::sleep_for(time); }

// On a thread of its own: a run of tasks without end, counted as they begin.
void run_without_end(ThreadPool* pool, std::atomic<int64_t>* begun, milliseconds length) {
  std::thread([=] {
    pool->run(INT64_C(1) << 40, [&](int64_t, int) {
      (*begun)++;
      rest(length);
    });
    _exit(100);  // never: the run is part of what is taken down
  }).detach();
}

TEST(stopped_work_ends_with_its_tasks_and_no_other_begins) {
  for (const int threads : {1, 2, 3, 16}) {
    const int status = status_of([threads] {
      auto* pool = new ThreadPool(threads);
      std::atomic<int64_t> begun{0};
      run_without_end(pool, &begun, milliseconds(1));
      while (begun < 20) rest(milliseconds(1));
      if (viditq_stop(60000) != VIDITQ_OK) return 1;
      const int64_t then = begun;
      rest(milliseconds(20));
      if (begun != then) return 2;
      run_without_end(pool, &begun, milliseconds(1));
      rest(milliseconds(20));
      return begun == then && viditq_stop(0) == VIDITQ_OK ? 0 : 3;
    });
    CHECK_EQUAL(status, 0);
  }
}

TEST(work_that_was_stopped_while_idle_never_begins) {
  const int status = status_of([] {
    auto* pool = new ThreadPool(2);
    if (viditq_stop(0) != VIDITQ_OK) return 1;
    std::atomic<int64_t> begun{0};
    run_without_end(pool, &begun, milliseconds(0));
    rest(milliseconds(20));
    return begun == 0 ? 0 : 2;
  });
  CHECK_EQUAL(status, 0);
}

TEST(nested_work_counts_once) {
  const int status = status_of([] {
    {
      const viditq::Work outer;
      { const viditq::Work inner; }
      if (viditq_stop(0) != VIDITQ_STILL_BUSY) return 1;
      // Already under way: it may go on to its end.
      { const viditq::Work inner; }
      _exit(0);
    }
    return 2;
  });
  CHECK_EQUAL(status, 0);
}

// A task that does not come to its end: the process does, with its status, and no destructor runs.
TEST(an_endless_task_does_not_hold_up_the_end) {
  const int status = status_of([] {
    atexit([] { _exit(50); });
    auto* pool = new ThreadPool(2);
    std::atomic<int64_t> begun{0};
    run_without_end(pool, &begun, milliseconds(3600 * 1000));
    while (begun < 2) rest(milliseconds(1));
    if (viditq_stop(10) != VIDITQ_STILL_BUSY) return 1;
    exit(43);
  });
  CHECK_EQUAL(status, 43);
}

TEST(more_milliseconds_than_a_clock_counts_are_waited) {
  const int status = status_of([] {
    auto* pool = new ThreadPool(2);
    std::atomic<int64_t> begun{0};
    run_without_end(pool, &begun, milliseconds(50));
    while (begun < 2) rest(milliseconds(1));
    return viditq_stop(INT64_MAX) == VIDITQ_OK ? 0 : 1;
  });
  CHECK_EQUAL(status, 0);
}

TEST(a_negative_time_is_refused) { CHECK_EQUAL(viditq_stop(-1), VIDITQ_BAD_SIZE); }

}  // namespace

// ---- hosts that round otherwise or take subnormal numbers for zeros change no result ------------

#ifdef __x86_64__

using operators::normal;

namespace {

constexpr unsigned kFlagsOfMxcsr = 0x003f;

unsigned controls() { return _mm_getcsr() & ~kFlagsOfMxcsr; }

// What a host may have set: subnormal results and operands are zeros, rounding is upwards, and a
// division by zero is a signal.
class OtherEnvironment {
 public:
  OtherEnvironment() : before_(_mm_getcsr()) { _mm_setcsr(kOther); }
  ~OtherEnvironment() { _mm_setcsr(before_); }

  static constexpr unsigned kOther = 0x8000 | 0x4000 | 0x0040 | (0x1f80 & ~0x0200);

 private:
  const unsigned before_;
};

using Results = std::vector<float>;

void append(Results* all, const std::vector<float>& some) {
  all->insert(all->end(), some.begin(), some.end());
}

constexpr int64_t kRows = 70;
constexpr int64_t kColumns = 64;

// Made before the environment changes.
struct Inputs {
  std::vector<float> plain = normal(kRows * kColumns, 1);
  std::vector<float> large = normal(kRows * kColumns, 2, 1e4f);
  std::vector<float> subnormal = normal(kRows * kColumns, 3, 1e-39f);
  std::vector<float> one_subnormal = std::vector<float>(kColumns, 1e-39f);
  std::vector<uint16_t> subnormal_halves = std::vector<uint16_t>(kColumns * kColumns);

  Inputs() {
    for (size_t i = 0; i < subnormal_halves.size(); i++) {
      subnormal_halves[i] = static_cast<uint16_t>(i % 0x400);
    }
  }
};
const Inputs kInputs;

struct Tokens {
  std::vector<uint8_t> codes = std::vector<uint8_t>(kRows * kColumns);
  std::vector<float> scale = std::vector<float>(kRows);
  std::vector<int32_t> zero_point = std::vector<int32_t>(kRows);
  std::vector<int32_t> row_sum = std::vector<int32_t>(kRows);

  viditq_tokens view() {
    return {codes.data(), scale.data(), zero_point.data(), row_sum.data(), kRows, kColumns, 8, 0};
  }

  void append_to(Results* all) const {
    append(all, scale);
    for (const uint8_t code : codes) all->push_back(code);
    for (const int32_t zero : zero_point) all->push_back(static_cast<float>(zero));
  }
};

// Half precision's subnormal numbers as weights of a layer and of a convolution.
void multiply_subnormal(viditq_context* context, Results* all) {
  std::vector<float> out(kRows * kColumns);
  for (const int compact : {0, 1}) {
    viditq_dense* dense = nullptr;
    CHECK_EQUAL(viditq_prepare_dense(kInputs.subnormal_halves.data(), VIDITQ_FLOAT16, kColumns,
                                     kColumns, VIDITQ_FP32, compact, &dense),
                VIDITQ_OK);
    CHECK_EQUAL(
        viditq_dense_linear(context, dense, kInputs.large.data(), kRows, kColumns, {}, out.data()),
        VIDITQ_OK);
    viditq_free_dense(dense);
    append(all, out);
  }
  const int64_t kernel[3] = {1, 1, 1};
  viditq_convolution* convolution = nullptr;
  CHECK_EQUAL(viditq_prepare_convolution(kInputs.subnormal_halves.data(), VIDITQ_FLOAT16, kColumns,
                                         kColumns, kernel, &convolution),
              VIDITQ_OK);
  viditq_convolution_operands operands = {};
  operands.x = kInputs.large.data();
  operands.batch = 1;
  operands.in = kColumns;
  operands.extents[0] = operands.extents[1] = 1;
  operands.extents[2] = kRows;
  operands.stride[0] = operands.stride[1] = operands.stride[2] = 1;
  CHECK_EQUAL(viditq_convolve(context, convolution, operands, out.data()), VIDITQ_OK);
  viditq_free_convolution(convolution);
  append(all, out);
}

void quantize(viditq_context* context, Results* all) {
  Tokens tokens;
  CHECK_EQUAL(viditq_quantize_tokens(context, kInputs.plain.data(), nullptr, tokens.view()),
              VIDITQ_OK);
  tokens.append_to(all);
  const viditq_rotation rotation = {32, 1, nullptr, 0};
  CHECK_EQUAL(viditq_quantize_rotated_tokens(context, kInputs.plain.data(), nullptr, rotation,
                                             tokens.view()),
              VIDITQ_OK);
  tokens.append_to(all);
  // A subnormal scale is positive.
  const std::vector<float> scale = {1e-39f, 1e-40f};
  const std::vector<int32_t> zero_point = {100, 0};
  CHECK_EQUAL(viditq_quantize_groups(context, kInputs.subnormal.data(), nullptr, 2, scale.data(),
                                     zero_point.data(), tokens.view()),
              VIDITQ_OK);
  tokens.append_to(all);
  // A subnormal balance is not 0; rows of the same value are what shift makes of them.
  const float* subnormal = kInputs.one_subnormal.data();
  const viditq_modulation modulation = {subnormal, 1,         1, kColumns, subnormal,
                                        1,         subnormal, 1, 1e-6f};
  viditq_tokens row = tokens.view();
  row.rows = 1;
  CHECK_EQUAL(viditq_layer_norm_modulate_quantize(context, modulation, subnormal, row), VIDITQ_OK);
  tokens.append_to(all);
}

void compute_in_float(viditq_context* context, Results* all) {
  const float* x = kInputs.plain.data();
  std::vector<float> out(kRows * kColumns);
  CHECK_EQUAL(viditq_timestep_embedding(context, x, kRows, kColumns, 0, 0.0f, out.data()),
              VIDITQ_OK);
  append(all, out);
  CHECK_EQUAL(viditq_activate(context, x, kRows * kColumns, VIDITQ_SILU, out.data()), VIDITQ_OK);
  append(all, out);
  const viditq_rotation rotation = {32, 1, nullptr, 0};
  CHECK_EQUAL(viditq_rotate(context, x, kRows, kColumns, nullptr, rotation, out.data()), VIDITQ_OK);
  append(all, out);
  const int64_t starts[2] = {0, kRows};
  for (const int precision : {VIDITQ_ATTENTION_FP32, VIDITQ_ATTENTION_INT8}) {
    viditq_attention_operands operands = {};
    operands.q = operands.k = operands.v = x;
    operands.batch = operands.heads = 1;
    operands.queries = kRows;
    operands.d = operands.dv = kColumns;
    operands.key_starts = starts;
    operands.scale = 0.125f;
    operands.precision = precision;
    CHECK_EQUAL(viditq_attention(context, operands, out.data()), VIDITQ_OK);
    append(all, out);
  }
}

// Of contexts whose threads were started here, too.
Results results(int isa, int threads) {
  operators::Context context(threads, isa);
  Results all;
  multiply_subnormal(context.handle, &all);
  quantize(context.handle, &all);
  compute_in_float(context.handle, &all);
  return all;
}

// Results that are not the same bits; all if there are more or less of them.
int64_t different(const Results& a, const Results& b) {
  if (a.size() != b.size()) return static_cast<int64_t>(a.size());
  int64_t count = 0;
  for (size_t i = 0; i < a.size(); i++) count += std::memcmp(&a[i], &b[i], sizeof(float)) != 0;
  return count;
}

TEST(what_the_host_does_with_subnormal_numbers_changes_no_bit) {
  for (int isa = 0; isa < VIDITQ_ISA_COUNT; isa++) {
    if (!viditq_isa_supported(isa)) continue;
    for (const int threads : {1, 3}) {
      const Results expected = results(isa, threads);
      Results actual;
      {
        const OtherEnvironment host;
        actual = results(isa, threads);
        CHECK_EQUAL(controls(), OtherEnvironment::kOther & ~kFlagsOfMxcsr);
      }
      CHECK_EQUAL(different(actual, expected), 0);
    }
  }
}

TEST(tasks_run_in_the_environment_of_the_kernels) {
  for (const int threads : {1, 3}) {
    const OtherEnvironment host;
    viditq::ThreadPool pool(threads);
    std::atomic<int> others{0};
    pool.run(100, [&](int64_t, int) { others += controls() != 0x1f80; });
    CHECK_EQUAL(others, 0);
    CHECK_EQUAL(controls(), OtherEnvironment::kOther & ~kFlagsOfMxcsr);
  }
}

}  // namespace

#endif
