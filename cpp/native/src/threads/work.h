// Work of this library that the end of the process waits for.
//
// exit() runs the destructors of every library while other threads go on: a product that oneDNN
// computes at that moment would read kernels and caches that are gone. So whoever ends the process
// first calls viditq_stop: work that is in flight ends at the next boundary of its tasks, and no
// thread comes back from it into the program that is being taken down. Workers without tasks
// sleep, and touch nothing but the memory of their pool.
#pragma once

#include <chrono>

#include "threads/float_environment.h"

namespace viditq {

// Held while tasks run or oneDNN is called, by the thread that an entry point was called on, in the
// floating-point environment of the kernels. Holds may be nested; the outermost counts. Once work
// is stopped, the outermost neither begins nor ends: its thread sleeps until the process is gone.
class Work {
 public:
  Work();
  ~Work();
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

 private:
  const FloatEnvironment environment_;
};

// Whether tasks that have not begun are to be left out.
bool work_stopped();

// Stops all work and waits until none is in flight; false if some still is after `patience`.
bool stop_work(std::chrono::milliseconds patience);

}  // namespace viditq
