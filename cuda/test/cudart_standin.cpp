// A stand-in for the CUDA runtime library on plain memory: the functions that Java calls to hold
// memory, streams, events and graphs, so that these calls run in tests without a GPU. What a device
// would take silently, or only now and then, is refused: addresses outside allocations, waiting or
// allocating while a stream's work is recorded, work on freed memory, a source that the host has
// written to before its copy was done.
//
// Work is done when somebody waits for it, the latest moment at which a device would have done it.
//
// Tests ask and steer it through two functions of CUDA with numbers that CUDA does not have:
// cudaDeviceGetAttribute from 9000 on tells how many things are open (enum Count below), and
// cudaDeviceSetLimit(9100, n) lets the n-th call from now fail (0: none), (9101, bytes) sets how
// much memory there is, (9102, 0) forgets everything.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace {

enum Status {
  SUCCESS = 0,
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  INVALID_HANDLE = 400,
  ILLEGAL_ADDRESS = 700,
  LAUNCH_FAILURE = 719,
  CAPTURE_UNSUPPORTED = 900,
  CAPTURE_INVALIDATED = 901,
  UNKNOWN = 999,
};

enum Count { BUFFERS = 9000, PINNED, STREAMS, EVENTS, GRAPHS, EXECUTABLES, CALLS };

enum Steer { FAIL_CALL = 9100, CAPACITY, RESET };

enum Kind { TO_DEVICE = 1, TO_HOST = 2, ON_DEVICE = 3 };

std::map<char*, std::size_t> device_memory;
std::map<char*, std::size_t> pinned_memory;
std::size_t capacity = std::size_t{1} << 30;
long calls = 0;
long failing_call = 0;
int last_error = SUCCESS;

// Whether a range lies in an allocation.
bool holds(const std::map<char*, std::size_t>& memory, const void* start, std::size_t bytes) {
  auto at = static_cast<const char*>(start);
  auto next = memory.upper_bound(const_cast<char*>(at));
  if (next == memory.begin()) {
    return false;
  }
  auto found = std::prev(next);
  return at + bytes <= found->first + found->second;
}

std::uint64_t hash(const void* start, std::size_t bytes) {
  auto at = static_cast<const unsigned char*>(start);
  std::uint64_t value = 1469598103934665603ull;
  for (std::size_t i = 0; i < bytes; i++) {
    value = (value ^ at[i]) * 1099511628211ull;
  }
  return value;
}

// A copy, or memory that is set where there is no source.
struct Work {
  void* to;
  const void* from;
  std::size_t bytes;
  int kind;
  int value;
  std::uint64_t source;

  bool is_valid() const {
    bool target = holds(kind == TO_HOST ? pinned_memory : device_memory, to, bytes);
    return target && (from == nullptr ||
                      holds(kind == TO_DEVICE ? pinned_memory : device_memory, from, bytes));
  }

  // What the host must not touch until the work is done.
  void remember() { source = from != nullptr && kind == TO_DEVICE ? hash(from, bytes) : 0; }

  int execute() const {
    if (!is_valid()) {
      return ILLEGAL_ADDRESS;
    }
    if (from == nullptr) {
      std::memset(to, value, bytes);
      return SUCCESS;
    }
    if (kind == TO_DEVICE && source != hash(from, bytes)) {
      return LAUNCH_FAILURE;  // the host wrote to it
    }
    std::memmove(to, from, bytes);
    return SUCCESS;
  }
};

struct Graph {
  std::vector<Work> work;
};

struct Stream {
  std::vector<Work> queue;
  std::size_t done = 0;
  int error = SUCCESS;
  bool capturing = false;
  bool invalidated = false;
  std::vector<Work> captured;

  // An error stays, as the device's does.
  int run(std::size_t until) {
    while (done < until && error == SUCCESS) {
      error = queue[done++].execute();
    }
    return error;
  }
};

struct Event {
  Stream* stream = nullptr;
  std::size_t position = 0;
};

std::set<Stream*> streams;
std::set<Event*> events;
std::set<Graph*> graphs;
std::set<Graph*> executables;

int failed(int status) {
  if (status != SUCCESS) {
    last_error = status;
  }
  return status;
}

// Counts a call, and says whether it is the one that is to fail.
bool enters() {
  calls++;
  return failing_call == 0 || --failing_call != 0;
}

// What waits or allocates ends every recording of work.
bool breaks_capture() {
  bool breaks = false;
  for (Stream* stream : streams) {
    if (stream->capturing) {
      stream->invalidated = true;
      breaks = true;
    }
  }
  return breaks;
}

int put(Stream* stream, Work work) {
  if (streams.count(stream) == 0) {
    return failed(INVALID_HANDLE);
  }
  if (!work.is_valid()) {
    return failed(INVALID_VALUE);
  }
  if (stream->capturing) {
    stream->captured.push_back(work);
  } else {
    work.remember();
    stream->queue.push_back(work);
  }
  return SUCCESS;
}

template <typename T>
int destroy(std::set<T*>& all, T* thing) {
  if (all.erase(thing) == 0) {
    return failed(INVALID_HANDLE);
  }
  delete thing;
  return SUCCESS;
}

template <typename T>
void forget(std::set<T*>& all) {
  for (T* thing : all) {
    delete thing;
  }
  all.clear();
}

int allocate(std::map<char*, std::size_t>& memory, void** start, std::size_t bytes,
             std::size_t most) {
  if (breaks_capture()) {
    return failed(CAPTURE_UNSUPPORTED);
  }
  std::size_t used = 0;
  for (const auto& one : memory) {
    used += one.second;
  }
  if (bytes > most - used) {
    return failed(OUT_OF_MEMORY);
  }
  char* made = static_cast<char*>(std::aligned_alloc(256, (bytes + 255) / 256 * 256));
  std::memset(made, 0xff, bytes);
  memory[made] = bytes;
  *start = made;
  return SUCCESS;
}

int release(std::map<char*, std::size_t>& memory, void* start) {
  if (breaks_capture()) {
    return failed(CAPTURE_UNSUPPORTED);
  }
  if (memory.erase(static_cast<char*>(start)) == 0) {
    return failed(INVALID_VALUE);
  }
  std::free(start);
  return SUCCESS;
}

}  // namespace

#define CALL                \
  if (!enters()) {          \
    return failed(UNKNOWN); \
  }

extern "C" {

int cudaSetDevice(int device) { CALL return device == 0 ? SUCCESS : failed(INVALID_VALUE); }

int cudaGetLastError() {
  int error = last_error;
  last_error = SUCCESS;
  return error;
}

const char* cudaGetErrorName(int status) {
  switch (status) {
    case INVALID_VALUE:
      return "cudaErrorInvalidValue";
    case OUT_OF_MEMORY:
      return "cudaErrorMemoryAllocation";
    case ILLEGAL_ADDRESS:
      return "cudaErrorIllegalAddress";
    case LAUNCH_FAILURE:
      return "cudaErrorLaunchFailure";
    case CAPTURE_UNSUPPORTED:
      return "cudaErrorStreamCaptureUnsupported";
    case CAPTURE_INVALIDATED:
      return "cudaErrorStreamCaptureInvalidated";
    default:
      return "cudaErrorUnknown";
  }
}

const char* cudaGetErrorString(int status) { return cudaGetErrorName(status) + 9; }

int cudaMalloc(void** start, std::size_t bytes) {
  CALL return allocate(device_memory, start, bytes, capacity);
}

int cudaFree(void* start) { CALL return release(device_memory, start); }

int cudaHostAlloc(void** start, std::size_t bytes, unsigned) {
  CALL return allocate(pinned_memory, start, bytes, capacity);
}

int cudaFreeHost(void* start) { CALL return release(pinned_memory, start); }

int cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, int kind, Stream* stream) {
  CALL return put(stream, Work{to, from, bytes, kind, 0, 0});
}

int cudaMemsetAsync(void* to, int value, std::size_t bytes, Stream* stream) {
  CALL return put(stream, Work{to, nullptr, bytes, ON_DEVICE, value, 0});
}

int cudaStreamCreateWithFlags(Stream** stream, unsigned) {
  CALL* stream = *streams.insert(new Stream).first;
  return SUCCESS;
}

int cudaStreamDestroy(Stream* stream) {
  CALL if (streams.count(stream) == 0) { return failed(INVALID_HANDLE); }
  stream->run(stream->queue.size());
  for (Event* event : events) {
    if (event->stream == stream) {
      event->stream = nullptr;
    }
  }
  return destroy(streams, stream);
}

int cudaStreamSynchronize(Stream* stream) {
  CALL if (streams.count(stream) == 0) { return failed(INVALID_HANDLE); }
  if (breaks_capture()) {
    return failed(CAPTURE_UNSUPPORTED);
  }
  return failed(stream->run(stream->queue.size()));
}

int cudaStreamWaitEvent(Stream* stream, Event* event, unsigned) {
  CALL if (streams.count(stream) == 0 || events.count(event) == 0) {
    return failed(INVALID_HANDLE);
  }
  // The earliest moment at which the other stream's work may be relied on.
  return failed(event->stream == nullptr ? SUCCESS : event->stream->run(event->position));
}

int cudaStreamBeginCapture(Stream* stream, int) {
  CALL if (streams.count(stream) == 0 || stream->capturing) { return failed(INVALID_HANDLE); }
  stream->capturing = true;
  stream->invalidated = false;
  stream->captured.clear();
  return SUCCESS;
}

int cudaStreamEndCapture(Stream* stream, Graph** graph) {
  if (!enters()) {
    stream->capturing = false;  // it ends, whatever comes of it
    return failed(UNKNOWN);
  }
  if (streams.count(stream) == 0 || !stream->capturing) {
    return failed(INVALID_HANDLE);
  }
  stream->capturing = false;
  *graph = nullptr;
  if (stream->invalidated) {
    return failed(CAPTURE_INVALIDATED);
  }
  *graph = *graphs.insert(new Graph{stream->captured}).first;
  return SUCCESS;
}

int cudaEventCreateWithFlags(Event** event, unsigned) {
  CALL* event = *events.insert(new Event).first;
  return SUCCESS;
}

int cudaEventRecord(Event* event, Stream* stream) {
  CALL if (streams.count(stream) == 0 || events.count(event) == 0) {
    return failed(INVALID_HANDLE);
  }
  event->stream = stream;
  event->position = stream->queue.size();
  return SUCCESS;
}

int cudaEventSynchronize(Event* event) {
  CALL if (events.count(event) == 0) { return failed(INVALID_HANDLE); }
  if (breaks_capture()) {
    return failed(CAPTURE_UNSUPPORTED);
  }
  return failed(event->stream == nullptr ? SUCCESS : event->stream->run(event->position));
}

int cudaEventDestroy(Event* event) { CALL return destroy(events, event); }

int cudaGraphInstantiate(Graph** executable, Graph* graph, unsigned long long) {
  CALL if (graphs.count(graph) == 0) { return failed(INVALID_HANDLE); }
  *executable = *executables.insert(new Graph{*graph}).first;
  return SUCCESS;
}

int cudaGraphLaunch(Graph* executable, Stream* stream) {
  CALL if (executables.count(executable) == 0) { return failed(INVALID_HANDLE); }
  for (const Work& work : executable->work) {
    int status = put(stream, work);
    if (status != SUCCESS) {
      return failed(ILLEGAL_ADDRESS);  // what it was recorded with is gone
    }
  }
  return SUCCESS;
}

int cudaGraphExecDestroy(Graph* executable) { CALL return destroy(executables, executable); }

int cudaGraphDestroy(Graph* graph) { CALL return destroy(graphs, graph); }

int cudaDeviceGetAttribute(int* value, int attribute, int) {
  switch (attribute) {
    case BUFFERS:
      *value = static_cast<int>(device_memory.size());
      break;
    case PINNED:
      *value = static_cast<int>(pinned_memory.size());
      break;
    case STREAMS:
      *value = static_cast<int>(streams.size());
      break;
    case EVENTS:
      *value = static_cast<int>(events.size());
      break;
    case GRAPHS:
      *value = static_cast<int>(graphs.size());
      break;
    case EXECUTABLES:
      *value = static_cast<int>(executables.size());
      break;
    case CALLS:
      *value = static_cast<int>(calls);
      break;
    default:
      return INVALID_VALUE;
  }
  return SUCCESS;
}

int cudaDeviceSetLimit(int limit, std::size_t value) {
  switch (limit) {
    case FAIL_CALL:
      failing_call = static_cast<long>(value);
      break;
    case CAPACITY:
      capacity = value;
      break;
    case RESET:
      for (auto* memory : {&device_memory, &pinned_memory}) {
        for (const auto& one : *memory) {
          std::free(one.first);
        }
        memory->clear();
      }
      forget(streams);
      forget(events);
      forget(graphs);
      forget(executables);
      capacity = std::size_t{1} << 30;
      calls = 0;
      failing_call = 0;
      last_error = SUCCESS;
      break;
    default:
      return INVALID_VALUE;
  }
  return SUCCESS;
}

}  // extern "C"
