// How far TensorRT is with a build, for whoever looks from another thread, and the wish to end it.
//
// TensorRT calls the monitor from its own threads while it builds. Nothing is called back from
// here: the monitor notes what it is told under a lock, and the program reads the notes when it
// likes. So no thread of TensorRT ever runs Java.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "nvinfer.h"

namespace viditq::trt {

class BuildMonitor final : public nvinfer1::IProgressMonitor {
 public:
  // A piece of the work that has begun and has not ended. Phases lie in each other.
  struct Phase {
    std::string name;
    std::string parent;  // empty if it lies in no other
    int32_t steps;
    int32_t done;
  };

  void phaseStart(const char* name, const char* parent, int32_t steps) noexcept override;
  // False, which ends the build, after cancel().
  bool stepComplete(const char* name, int32_t step) noexcept override;
  void phaseFinish(const char* name) noexcept override;

  // Ends the build at its next step; there is no way back.
  void cancel() noexcept { cancelled_ = true; }

  // The phases that are open now, in the order in which they began.
  std::vector<Phase> open() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Phase> phases_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace viditq::trt
