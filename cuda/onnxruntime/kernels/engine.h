// What the CPU kernels of all nodes of a process compute with: one set of threads, and memory
// between the steps of a node.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "memory/aligned_buffer.h"
#include "threads/context.h"
#include "viditq_operators.h"

namespace viditq::ort {

// Throws Refusal with what a status of the CPU kernels means, unless it is success.
void require_ok(int status);

class Engine {
 public:
  // What a node may hold in memory at a time.
  enum Slot { kInput, kValues, kCodes, kGate, kResidual, kOutput, kSlots };

  // The one for an instruction set and a number of threads. Empty settings stand for what the
  // environment variables VIDITQ_ISA and VIDITQ_THREADS say, or else for the fastest and for as
  // many as this process has processors. It ends when nobody holds it. Throws Refusal for names and
  // numbers that are none.
  static std::shared_ptr<Engine> of(const std::string& instruction_set, const std::string& threads);

  int isa() const { return isa_; }

  // The right to compute: one node at a time, with all threads.
  class Turn {
   public:
    explicit Turn(Engine& engine) : engine_(engine), lock_(engine.mutex_) {}

    viditq_context* context() const { return engine_.context_.get(); }
    ThreadPool& pool() const { return engine_.context_->pool; }

    // Undefined values, until the slot is asked for again. Throws Refusal if there is no memory.
    template <typename T>
    T* memory(Slot slot, int64_t count) const {
      return static_cast<T*>(engine_.memory(slot, count, sizeof(T)));
    }

   private:
    Engine& engine_;
    std::lock_guard<std::mutex> lock_;
  };

 private:
  Engine(int isa, int threads);

  void* memory(Slot slot, int64_t count, size_t element_bytes);

  struct Close {
    void operator()(viditq_context* context) const { viditq_close(context); }
  };

  const int isa_;
  std::unique_ptr<viditq_context, Close> context_;
  std::mutex mutex_;
  AlignedBuffer<unsigned char> slots_[kSlots];
  int64_t slot_bytes_[kSlots] = {};
};

}  // namespace viditq::ort
