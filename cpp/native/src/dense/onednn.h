// How this library uses oneDNN: products of one thread each, several of them at a time on the
// threads of a context. oneDNN's own threads would compete with these, and would let results depend
// on their number.
#pragma once

#include <omp.h>

#include <map>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>

#include "memory/aligned_buffer.h"
#include "viditq_operators.h"

namespace viditq {

inline const dnnl::engine& cpu_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

// While it lives, OpenMP, and so oneDNN, uses no other thread than the current one.
class SequentialOpenMp {
 public:
  SequentialOpenMp() : threads_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~SequentialOpenMp() { omp_set_num_threads(threads_); }
  SequentialOpenMp(const SequentialOpenMp&) = delete;
  SequentialOpenMp& operator=(const SequentialOpenMp&) = delete;

 private:
  const int threads_;
};

// A matrix product that oneDNN has compiled; usable by several threads at a time.
struct Product {
  dnnl::matmul::primitive_desc description;
  dnnl::matmul primitive;

  Product() = default;
  Product(const dnnl::memory::desc& a, const dnnl::memory::desc& b, const dnnl::memory::desc& c)
      : description(cpu_engine(), a, b, c, caller_scratchpad()), primitive(description) {}

  int64_t scratch_bytes() const {
    return static_cast<int64_t>(description.scratchpad_desc().get_size());
  }

  // c = a b; may throw dnnl::error.
  void run(const void* a, const void* b, void* c, void* scratch) const {
    dnnl::stream stream(cpu_engine());
    primitive.execute(stream,
                      {{DNNL_ARG_SRC, view(description.src_desc(), a)},
                       {DNNL_ARG_WEIGHTS, view(description.weights_desc(), b)},
                       {DNNL_ARG_DST, view(description.dst_desc(), c)},
                       {DNNL_ARG_SCRATCHPAD, view(description.scratchpad_desc(), scratch)}});
    stream.wait();
  }

 private:
  static dnnl::primitive_attr caller_scratchpad() {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attributes;
  }

  static dnnl::memory view(const dnnl::memory::desc& description, const void* data) {
    return dnnl::memory(description, cpu_engine(), const_cast<void*>(data));
  }
};

// Products by the two extents that vary between calls; made when first needed.
class ProductCache {
 public:
  template <typename Make>
  const Product& get(int64_t first, int64_t second, const Make& make) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto key = std::make_pair(first, second);
    auto found = products_.find(key);
    if (found == products_.end()) found = products_.emplace(key, make()).first;
    return found->second;  // a map never moves its elements
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<int64_t, int64_t>, Product> products_;
};

}  // namespace viditq
