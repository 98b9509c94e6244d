#include "build_monitor.h"

#include <algorithm>

namespace viditq::trt {

// A phase that finds no memory is not shown; the build goes on.
void BuildMonitor::phaseStart(const char* name, const char* parent, int32_t steps) noexcept {
  try {
    std::lock_guard<std::mutex> lock(mutex_);
    phases_.push_back({name ? name : "", parent ? parent : "", steps, 0});
  } catch (...) {
  }
}

bool BuildMonitor::stepComplete(const char* name, int32_t step) noexcept {
  try {
    std::lock_guard<std::mutex> lock(mutex_);
    // Of two phases of one name, the one that began last.
    for (auto phase = phases_.rbegin(); phase != phases_.rend(); ++phase) {
      if (name && phase->name == name) {
        // Steps are counted from 0 and come in any order.
        phase->done = std::max(phase->done, step < phase->steps ? step + 1 : phase->steps);
        break;
      }
    }
  } catch (...) {
  }
  return !cancelled_;
}

void BuildMonitor::phaseFinish(const char* name) noexcept {
  try {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto phase = phases_.rbegin(); phase != phases_.rend(); ++phase) {
      if (name && phase->name == name) {
        phases_.erase(std::next(phase).base());
        break;
      }
    }
  } catch (...) {
  }
}

std::vector<BuildMonitor::Phase> BuildMonitor::open() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return phases_;
}

}  // namespace viditq::trt
