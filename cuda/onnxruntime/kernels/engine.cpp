#include "engine.h"

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <thread>
#include <utility>

#include "report.h"

namespace viditq::ort {
namespace {

using trt::Refusal;

constexpr int kMostThreads = 1024;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int fastest_isa() {
  int fastest = VIDITQ_PORTABLE;
  for (int isa = VIDITQ_PORTABLE; isa < VIDITQ_ISA_COUNT; isa++) {
    if (viditq_isa_supported(isa) == 1) fastest = isa;
  }
  return fastest;
}

int isa_of(const std::string& name) {
  std::string supported;
  for (int isa = VIDITQ_PORTABLE; isa < VIDITQ_ISA_COUNT; isa++) {
    if (viditq_isa_supported(isa) != 1) continue;
    if (name == viditq_isa_name(isa)) return isa;
    supported += (supported.empty() ? "" : ", ") + std::string(viditq_isa_name(isa));
  }
  throw Refusal("the instruction set is " + name +
                ", which this machine does not run; choose one of: " + supported + ".");
}

// What a number of threads is called depends on where it comes from.
int threads_of(const std::string& wanted, const char* source) {
  char* end = nullptr;
  const long threads = std::strtol(wanted.c_str(), &end, 10);
  if (*end != '\0' || threads < 1 || threads > kMostThreads) {
    throw Refusal(std::string(source) + " is " + wanted + "; it must be a number from 1 to " +
                  std::to_string(kMostThreads) + ".");
  }
  return static_cast<int>(threads);
}

int thread_count(const std::string& setting) {
  if (!setting.empty()) return threads_of(setting, "viditq.threads");
  const std::string wanted = environment("VIDITQ_THREADS");
  if (!wanted.empty()) return threads_of(wanted, "VIDITQ_THREADS");
  cpu_set_t processors;
  if (sched_getaffinity(0, sizeof processors, &processors) == 0) return CPU_COUNT(&processors);
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

void require_ok(int status) {
  if (status == VIDITQ_OK) return;
  throw Refusal(std::string("the kernel did not start: ") + viditq_status_message(status) + ".");
}

std::shared_ptr<Engine> Engine::of(const std::string& instruction_set, const std::string& threads) {
  const std::string name = instruction_set.empty() ? environment("VIDITQ_ISA") : instruction_set;
  const int isa = name.empty() ? fastest_isa() : isa_of(name);
  const int count = thread_count(threads);
  static std::mutex mutex;
  static std::map<std::pair<int, int>, std::weak_ptr<Engine>> engines;
  const std::lock_guard<std::mutex> lock(mutex);
  std::weak_ptr<Engine>& known = engines[{isa, count}];
  std::shared_ptr<Engine> engine = known.lock();
  if (engine == nullptr) {
    engine.reset(new Engine(isa, count));
    known = engine;
  }
  return engine;
}

Engine::Engine(int isa, int threads) : isa_(isa) {
  viditq_context* context = nullptr;
  require_ok(viditq_open(threads, isa, &context));
  context_.reset(context);
}

void* Engine::memory(Slot slot, int64_t count, size_t element_bytes) {
  int64_t bytes;
  if (__builtin_mul_overflow(count, static_cast<int64_t>(element_bytes), &bytes)) {
    throw Refusal("an operand has more than 2^63 bytes.");
  }
  if (bytes > slot_bytes_[slot]) {
    slot_bytes_[slot] = 0;
    slots_[slot].reset();
    slots_[slot] = allocate<unsigned char>(bytes);
    if (slots_[slot] == nullptr) {
      throw Refusal("there is no memory for " + std::to_string(bytes) + " bytes.");
    }
    slot_bytes_[slot] = bytes;
  }
  return slots_[slot].get();
}

}  // namespace viditq::ort
