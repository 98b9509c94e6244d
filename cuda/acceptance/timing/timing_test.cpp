// The parts of the timing program that need no GPU: statistics, goals, and how cuBLASLt is driven,
// on a stand-in that multiplies on the host.
#include <dlfcn.h>

#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include "check.h"
#include "cublaslt.h"
#include "management.h"
#include "results.h"

namespace {

using namespace acceptance;

int objects_alive() {
  void* library = dlopen(FAKE_CUBLASLT, RTLD_NOW);
  const auto count = reinterpret_cast<int (*)()>(dlsym(library, "fake_objects_alive"));
  const int alive = count();
  dlclose(library);
  return alive;
}

template <typename Body>
std::string message_of(Body body) {
  try {
    body();
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "";
}

bool mentions(const std::string& message, const std::string& part) {
  return message.find(part) != std::string::npos;
}

TEST(quartiles_lie_between_values) {
  const Spread odd = spread_of({5, 1, 3, 2, 4});
  CHECK_EQUAL(odd.low, 2.0);
  CHECK_EQUAL(odd.median, 3.0);
  CHECK_EQUAL(odd.high, 4.0);
  CHECK_EQUAL(spread_of({1, 2}).median, 1.5);
  CHECK_EQUAL(spread_of({7}).high, 7.0);
}

TEST(a_missing_library_is_one_sentence) {
  const std::string message = message_of([] { CublasLt library("/nowhere/libcublasLt.so"); });
  CHECK_EQUAL(message ==
                  "cuBLASLt cannot be loaded (tried /nowhere/libcublasLt.so); name the "
                  "library's file by --cublaslt to time the peers.",
              true);
  // A library, but not this one.
  CHECK_EQUAL(mentions(message_of([] { CublasLt library("libm.so.6"); }),
                       "libm.so.6 has no function cublasLtGetVersion"),
              true);
}

TEST(a_missing_management_library_gives_no_clock) {
  const Management management("/nowhere/libnvidia-ml.so");
  CHECK_EQUAL(management.available(), false);
  CHECK_EQUAL(management.clock_mhz(), 0.0);
  CHECK_EQUAL(management.driver().empty(), true);
}

TEST(products_are_those_of_rows) {
  constexpr int kRows = 5;
  constexpr int kChannels = 7;
  constexpr int kInner = 9;
  std::vector<int8_t> x, w;
  for (int i = 0; i < kRows * kInner; i++) x.push_back(static_cast<int8_t>(i * 37 % 255 - 127));
  for (int i = 0; i < kChannels * kInner; i++) w.push_back(static_cast<int8_t>(i * 53 % 251 - 125));
  {
    CublasLt library(FAKE_CUBLASLT);
    CHECK_EQUAL(library.version(), size_t{130000});
    const Product product(library, kInt8Product, kRows, kChannels, kInner, nullptr, 1 << 20);
    const Product scaled(library, kInt8ScaledProduct, kRows, kChannels, kInner, nullptr, 1 << 20);
    // Without the one that its own state rules out.
    CHECK_EQUAL(product.algorithms(), 2);
    std::vector<int32_t> out(kRows * kChannels);
    std::vector<int8_t> narrow(out.size());
    for (int algorithm = 0; algorithm < product.algorithms(); algorithm++) {
      CHECK_EQUAL(product.launch(algorithm, x.data(), w.data(), out.data(), nullptr, nullptr),
                  true);
      CHECK_EQUAL(scaled.launch(algorithm, x.data(), w.data(), narrow.data(), nullptr, nullptr),
                  true);
      for (int row = 0; row < kRows; row++) {
        for (int c = 0; c < kChannels; c++) {
          int32_t sum = 0;
          for (int k = 0; k < kInner; k++) sum += x[row * kInner + k] * w[c * kInner + k];
          CHECK_EQUAL(out[row * kChannels + c], sum);
          const double rounded = std::nearbyint(sum * 0.25);
          CHECK_EQUAL(narrow[row * kChannels + c], std::fmin(std::fmax(rounded, -128), 127));
        }
      }
    }
    CHECK_EQUAL(objects_alive() > 0, true);
  }
  CHECK_EQUAL(objects_alive(), 0);
}

TEST(products_that_nothing_computes_are_refused) {
  CublasLt library(FAKE_CUBLASLT);
  const int before = objects_alive();
  CHECK_EQUAL(mentions(message_of([&] {
                         Product product(library, kFloat8Product, 64, 32, 16, nullptr, 1 << 20);
                       }),
                       "cublaslt fp8 e4m3 has no algorithm for 64 by 32 by 16 (status 15)"),
              true);
  // All attributes of a bias are accepted, though the stand-in multiplies no halves.
  const Product halves(library, kFloat16Product, 4, 4, 4, nullptr, 1 << 20);
  CHECK_EQUAL(halves.launch(0, nullptr, nullptr, nullptr, nullptr, nullptr), false);
  CHECK_EQUAL(
      mentions(message_of([&] { Product product(library, kInt8Product, 4, 4, 4, nullptr, 0); }),
               "no algorithm"),
      true);
  CHECK_EQUAL(objects_alive() - before, 4);  // those of `halves` alone
}

Measurement measured(const char* contender, int rows, int channels, int inner, double microseconds,
                     double amount) {
  Measurement m;
  m.contender = contender;
  m.rows = rows;
  m.channels = channels;
  m.inner = inner;
  m.microseconds = {microseconds, microseconds, microseconds};
  m.amount = amount;
  m.operations = inner > 0;
  return m;
}

// The numbers here are made up, and round.
Results example() {
  Device device;
  device.name = "a \"device\"";
  device.major = 9;
  device.multiprocessors = 100;
  device.clock_khz = 1000000;
  Results results(device);
  results.add(measured(kLargeCopy, 32768, 16384, 0, 1000, 1e9));  // 1000 GB/s
  results.add(measured("viditq quantize", 1024, 1152, 0, 2, 1e6));
  results.add(measured("viditq norm_modulate_quantize", 1024, 1152, 0, 2, 1e6));  // 500 GB/s
  results.add(measured("viditq gelu_quantize", 1024, 4608, 0, 5, 4e6));
  results.add(measured("viditq w8a8 128x128", 1024, 1152, 1152, 90, 1e9));
  results.add(measured("viditq w8a8 hopper", 1024, 1152, 1152, 50, 1e9));
  results.add(measured("viditq w4a8 128x128", 1024, 1152, 1152, 1, 1e9));
  results.add(measured("cublaslt fp16", 1024, 1152, 1152, 100, 1e9));
  results.add(measured("viditq w8a8 hopper", 1024, 4608, 1152, 100, 32.768e9));  // 327.68 TOPS
  results.add(measured("cublaslt fp16", 1024, 4608, 1152, 150, 32.768e9));
  results.add(measured("viditq w8a8 hopper", 1024, 1152, 4608, 100, 1e9));
  return results;
}

TEST(goals_are_ranges_over_their_shapes) {
  const std::vector<Goal> goals = example().goals();
  CHECK_EQUAL(goals.size(), 6u);
  // Of the stated peak, and of 100 * 8192 operations at 1 GHz.
  CHECK_EQUAL(std::fabs(goals[0].lowest - 327.68e12 / 1979e12) < 1e-9, true);
  CHECK_EQUAL(goals[0].shapes, 1);
  CHECK_EQUAL(std::fabs(goals[1].lowest - 0.4) < 1e-9, true);
  CHECK_EQUAL(goals[1].reached(), false);
  // The faster of ours, against FP16 where that was measured.
  CHECK_EQUAL(goals[2].lowest, 1.5);
  CHECK_EQUAL(goals[2].highest, 2.0);
  CHECK_EQUAL(goals[2].shapes, 2);
  CHECK_EQUAL(goals[2].reached(), false);
  CHECK_EQUAL(goals[3].lowest, 0.5);
  // Linear layers 4 * 50 + 100 + 100 = 400; quantization 2 * 2 + 2 + 5 = 11, of which a copy of the
  // same bytes takes 2 * 1 + 1 + 4.
  CHECK_EQUAL(std::fabs(goals[4].highest - 4.0 / 400) < 1e-9, true);
  CHECK_EQUAL(goals[4].reached(), true);
  CHECK_EQUAL(std::fabs(goals[5].highest - 11.0 / 400) < 1e-9, true);
  CHECK_EQUAL(goals[5].reached(), false);
}

TEST(goals_without_measurements_are_not_reached) {
  for (const Goal& goal : Results(Device()).goals()) {
    CHECK_EQUAL(goal.shapes, 0);
    CHECK_EQUAL(goal.reached(), false);
  }
}

TEST(results_are_printed_and_written) {
  Results results = example();
  results.left_out("a peer");
  results.print_last_shape();
  results.print_goals();
  JsonWriter json;
  json.open_object();
  results.write(json);
  json.close_object();
  for (const char* part : {"\"a \\\"device\\\"\"", "\"contender\": \"cublaslt fp16\"",
                           "\"operations_per_second\"", "\"bytes_per_second\"", "\"reached\": true",
                           "\"a peer\"", "\"int8_peak_operations_per_second\": 8.192e+14"}) {
    CHECK_EQUAL(mentions(json.str(), part), true);
  }
}

}  // namespace
