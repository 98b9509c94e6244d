// Files that weights are mapped from: their pages count as memory of the process until released.
#include <sys/mman.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <memory>

#include "viditq_operators.h"

namespace viditq {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// Whether all of [begin, end) lies in shared read-only mappings of files. Only there do pages come
// back as they were: of any other memory, the contents would be lost.
bool is_shared_file(uintptr_t begin, uintptr_t end) {
  const std::unique_ptr<std::FILE, CloseFile> maps(std::fopen("/proc/self/maps", "re"));
  if (maps == nullptr) return false;
  // Longer lines come in pieces, of which only the first is read: what follows is the end of a file
  // name, whatever it looks like.
  char line[512];
  bool is_first_piece = true;
  uintptr_t covered = begin;
  while (covered < end && std::fgets(line, sizeof(line), maps.get()) != nullptr) {
    const bool is_end_of_name = !is_first_piece;
    is_first_piece = std::strchr(line, '\n') != nullptr;
    if (is_end_of_name) continue;
    uintptr_t from, to;
    char permissions[5];
    unsigned long inode;
    if (std::sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*x %*x:%*x %lu", &from, &to, permissions,
                    &inode) != 4 ||
        to <= covered) {
      continue;
    }
    const bool shared = permissions[1] == '-' && permissions[3] == 's';
    if (from > covered || !shared || inode == 0) return false;
    covered = to;
  }
  return covered >= end;
}

}  // namespace
}  // namespace viditq

int viditq_release_mapped_pages(const void* data, int64_t bytes) {
  if (data == nullptr) return VIDITQ_NULL_POINTER;
  if (bytes < 1) return VIDITQ_BAD_SIZE;
  const uintptr_t start = reinterpret_cast<uintptr_t>(data);
  if (static_cast<uint64_t>(bytes) > UINTPTR_MAX - start) return VIDITQ_OVERFLOW;
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  // Whole pages: of what else lies in the first and the last, nothing is lost either.
  const uintptr_t begin = start / page * page;
  const uintptr_t end = (start + static_cast<uintptr_t>(bytes) + page - 1) / page * page;
  if (begin < end && viditq::is_shared_file(begin, end)) {
    // An advice: where the system does not take it, the pages stay.
    (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return VIDITQ_OK;
}
