#include "context.h"

#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(__x86_64__)
// void viditq_emulation_switch(void** from, void* to): what a function has to keep for its caller
// goes onto the stack, whose top goes to *from; then the same is taken from the stack of which `to`
// is the top. The modes of floating point are the same everywhere here.
asm(R"(
.pushsection .text
.hidden viditq_emulation_switch
.globl viditq_emulation_switch
.type viditq_emulation_switch, @function
viditq_emulation_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size viditq_emulation_switch, . - viditq_emulation_switch
.popsection
)");
extern "C" void viditq_emulation_switch(void** from, void* to);
#endif

namespace emulation {

Context::~Context() {
#if defined(__SANITIZE_ADDRESS__)
  // The functions that were left in the middle do not end any more: what the address sanitizer has
  // noted about their variables would be held against whoever uses the stack next.
  if (own_) {
    const char* end = static_cast<const char*>(stack_) + bytes_;
#if defined(__x86_64__)
    const char* left = static_cast<const char*>(top_);
#else
    const char* left = static_cast<const char*>(stack_);
#endif
    __asan_unpoison_memory_region(left, static_cast<size_t>(end - left));
  }
#endif
}

void Context::prepare(char* stack, size_t bytes, void (*entry)()) {
  stack_ = stack;
  bytes_ = bytes;
  own_ = true;
#if defined(__x86_64__)
  // As if entry had been called: its return address, at which nothing is, lies right below a
  // multiple of 16.
  constexpr int kRegisters = 6;
  void** top = reinterpret_cast<void**>(reinterpret_cast<uintptr_t>(stack + bytes) / 16 * 16);
  *--top = nullptr;
  *--top = reinterpret_cast<void*>(entry);
  for (int i = 0; i < kRegisters; i++) *--top = nullptr;
  top_ = top;
#else
  getcontext(&context_);
  context_.uc_stack.ss_sp = stack;
  context_.uc_stack.ss_size = bytes;
  context_.uc_link = nullptr;
  makecontext(&context_, entry, 0);
#endif
}

void Context::entered(Context& from) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &from.stack_, &from.bytes_);
#else
  static_cast<void>(from);
#endif
}

void Context::switch_to(Context& to) {
#if defined(__SANITIZE_ADDRESS__)
  void* fake_stack = nullptr;
  __sanitizer_start_switch_fiber(&fake_stack, to.stack_, to.bytes_);
#endif
#if defined(__x86_64__)
  viditq_emulation_switch(&top_, to.top_);
#else
  swapcontext(&context_, &to.context_);
#endif
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#endif
}

}  // namespace emulation
