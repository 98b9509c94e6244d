// Code and tables of oneDNN that nothing but loading it needed: symbols, relocations and
// initializers of all its kernels, some 30 MB of the 80 MB file. They count as memory of the
// process until released.
#include <fcntl.h>
#include <link.h>
#include <oneapi/dnnl/dnnl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "viditq_operators.h"

namespace viditq {
namespace {

struct Range {
  uintptr_t begin;
  uintptr_t end;
};

// The segments of the library that holds an address which nothing may write to.
struct ReadOnlySegments {
  uintptr_t address;
  std::vector<Range> ranges;

  static int collect(dl_phdr_info* library, size_t, void* data) {
    auto* segments = static_cast<ReadOnlySegments*>(data);
    bool found = false;
    std::vector<Range> ranges;
    for (int i = 0; i < library->dlpi_phnum; i++) {
      const ElfW(Phdr)& header = library->dlpi_phdr[i];
      if (header.p_type != PT_LOAD) continue;
      const uintptr_t begin = library->dlpi_addr + header.p_vaddr;
      const uintptr_t end = begin + header.p_memsz;
      found = found || (begin <= segments->address && segments->address < end);
      if ((header.p_flags & PF_W) == 0) ranges.push_back({begin, end});
    }
    if (found) segments->ranges = ranges;
    return found ? 1 : 0;  // 1 ends the search
  }
};

// What the kernel says of each page of this process.
class PageMap {
 public:
  PageMap() : file_(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)) {}
  ~PageMap() {
    if (file_ >= 0) close(file_);
  }
  PageMap(const PageMap&) = delete;
  PageMap& operator=(const PageMap&) = delete;

  // Releases the pages that are as they are in the file. Others, a debugger's for example, would
  // be lost.
  void release_unchanged(const Range& range) const {
    const uintptr_t size = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    const uintptr_t last = range.end / size;
    std::array<uint64_t, 512> entries;
    for (uintptr_t page = (range.begin + size - 1) / size; page < last;) {
      const size_t wanted = std::min<size_t>(entries.size(), last - page);
      const ssize_t got = pread(file_, entries.data(), wanted * sizeof(uint64_t),
                                static_cast<off_t>(page * sizeof(uint64_t)));
      if (got < static_cast<ssize_t>(sizeof(uint64_t))) return;
      const size_t count = static_cast<size_t>(got) / sizeof(uint64_t);
      for (size_t i = 0; i < count;) {
        size_t end = i;
        while (end < count && unchanged(entries[end])) end++;
        // An advice: where the system does not take it, the pages stay.
        if (end > i) {
          (void)madvise(reinterpret_cast<void*>((page + i) * size), (end - i) * size,
                        MADV_DONTNEED);
        }
        i = end + 1;
      }
      page += count;
    }
  }

 private:
  static bool unchanged(uint64_t entry) {
    constexpr uint64_t kPresent = uint64_t{1} << 63;
    constexpr uint64_t kSwapped = uint64_t{1} << 62;
    constexpr uint64_t kOfFile = uint64_t{1} << 61;
    return (entry & (kPresent | kSwapped | kOfFile)) == (kPresent | kOfFile);
  }

  const int file_;
};

}  // namespace
}  // namespace viditq

void viditq_release_loading_pages(void) {
  viditq::ReadOnlySegments segments{reinterpret_cast<uintptr_t>(&dnnl_version), {}};
  dl_iterate_phdr(viditq::ReadOnlySegments::collect, &segments);
  const viditq::PageMap map;
  for (const viditq::Range& range : segments.ranges) map.release_unchanged(range);
}
