#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "device.h"
#include "margin.h"

namespace enqueue {

std::string device_name() { return "emulation"; }

Memory::Memory(size_t bytes) : size_(bytes) {
  if (posix_memalign(&data_, 256, bytes + kMargin) != 0) throw std::bad_alloc();
  poison();
}

Memory::~Memory() { free(data_); }

void Memory::write(const void* source) { std::memcpy(data_, source, size_); }

void Memory::read(void* target) const { std::memcpy(target, data_, size_); }

void Memory::poison() { std::memset(data_, kPoison, size_ + kMargin); }

bool Memory::margin_is_whole() const { return is_poison(static_cast<const char*>(data_) + size_); }

// Never looked at by an emulated kernel.
Stream::Stream() : stream_(reinterpret_cast<cudaStream_t>(this)) {}

Stream::~Stream() = default;

void Stream::finish() {}

struct Recording::Graph {
  std::function<void()> work;
};

Recording::Recording(Stream& stream, const std::function<void()>& work)
    : stream_(stream), graph_(new Graph{work}) {}

Recording::~Recording() = default;

void Recording::replay() { graph_->work(); }

}  // namespace enqueue
