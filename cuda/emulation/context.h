// Where a flow of control was left, on a stack of its own, to be gone on with later.
//
// What swapcontext does, without its two costs: it asks the kernel for the signal mask at every
// switch, and the address sanitizer, which cannot know what is kept on the stack that it leaves,
// then clears its notes on the whole of it. A kernel in emulation switches at each shuffle of each
// lane.
#pragma once

#include <cstddef>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace emulation {

class Context {
 public:
  Context() = default;
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // To be entered by the first switch to this: entry runs on the stack, which has to outlive this,
  // and must never return. Its first call is entered().
  void prepare(char* stack, size_t bytes, void (*entry)());

  // What an entry calls first; `from` is what was left for it.
  static void entered(Context& from);

  // Leaves this one, which is the running one, for `to`. Returns when another one switches back.
  // Both are of the same thread.
  void switch_to(Context& to);

 private:
#if defined(__x86_64__)
  void* top_ = nullptr;
#else
  ucontext_t context_;
#endif
  // The stack; of the thread's own one the address sanitizer tells it.
  const void* stack_ = nullptr;
  size_t bytes_ = 0;
  bool own_ = false;
};

}  // namespace emulation
