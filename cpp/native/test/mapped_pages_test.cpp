// Which pages are let go, and that nothing is lost where they are not.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "check.h"
#include "viditq_operators.h"

namespace {

constexpr int64_t kPages = 64;

int64_t page_size() { return sysconf(_SC_PAGESIZE); }

int64_t resident_pages(void* address) {
  int64_t resident = 0;
  // What the process itself has mapped; mincore would tell of the page cache.
  const int map = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  for (int64_t i = 0; i < kPages; i++) {
    uint64_t entry = 0;
    const off_t at = (reinterpret_cast<uintptr_t>(address) / page_size() + i) * sizeof(entry);
    if (pread(map, &entry, sizeof(entry), at) == sizeof(entry)) resident += entry >> 63;
  }
  close(map);
  return resident;
}

// A file of kPages pages, each byte its page's number, mapped.
struct Mapping {
  char* data = nullptr;
  int64_t bytes = kPages * page_size();

  Mapping(int protection, int flags) {
    char name[] = "/tmp/viditq_pages_XXXXXX";
    const int file = mkstemp(name);
    unlink(name);
    std::vector<char> page(page_size());
    for (int64_t i = 0; i < kPages; i++) {
      std::memset(page.data(), static_cast<int>(i), page.size());
      if (write(file, page.data(), page.size()) != page_size()) check::failures()++;
    }
    void* mapped = mmap(nullptr, bytes, protection, flags, file, 0);
    close(file);
    if (mapped == MAP_FAILED) std::abort();
    data = static_cast<char*>(mapped);
    CHECK_EQUAL(holds(), kPages);
  }
  ~Mapping() { munmap(data, bytes); }

  // Pages with the right contents; touches all of them.
  int64_t holds() const {
    int64_t right = 0;
    for (int64_t i = 0; i < kPages; i++) right += data[i * page_size()] == static_cast<char>(i);
    return right;
  }
};

}  // namespace

TEST(pages_of_a_mapped_file_are_released_and_read_again) {
  Mapping file(PROT_READ, MAP_SHARED);
  CHECK_EQUAL(resident_pages(file.data), kPages);
  // From inside the first page to inside the last.
  CHECK_EQUAL(viditq_release_mapped_pages(file.data + 1, file.bytes - 2), VIDITQ_OK);
  CHECK_EQUAL(resident_pages(file.data), 0);
  CHECK_EQUAL(file.holds(), kPages);
  // A few bytes: their pages, and no others.
  CHECK_EQUAL(viditq_release_mapped_pages(file.data + 3 * page_size() - 1, 2), VIDITQ_OK);
  CHECK_EQUAL(resident_pages(file.data), kPages - 2);
  CHECK_EQUAL(file.holds(), kPages);
}

TEST(other_memory_keeps_its_contents) {
  std::vector<char> heap(kPages * page_size(), 7);
  CHECK_EQUAL(viditq_release_mapped_pages(heap.data(), static_cast<int64_t>(heap.size())),
              VIDITQ_OK);
  CHECK_EQUAL(heap == std::vector<char>(heap.size(), 7), true);

  Mapping changed(PROT_READ | PROT_WRITE, MAP_PRIVATE);
  changed.data[5] = 99;
  CHECK_EQUAL(viditq_release_mapped_pages(changed.data, changed.bytes), VIDITQ_OK);
  CHECK_EQUAL(changed.data[5], 99);

  // Read-only by now, but changed before.
  CHECK_EQUAL(mprotect(changed.data, changed.bytes, PROT_READ), 0);
  CHECK_EQUAL(viditq_release_mapped_pages(changed.data, changed.bytes), VIDITQ_OK);
  CHECK_EQUAL(changed.data[5], 99);
}

TEST(a_range_that_leaves_the_file_is_left_alone) {
  Mapping file(PROT_READ, MAP_SHARED);
  void* hole = mmap(file.data + 8 * page_size(), page_size(), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  std::memset(hole, 5, page_size());
  CHECK_EQUAL(viditq_release_mapped_pages(file.data, file.bytes), VIDITQ_OK);
  CHECK_EQUAL(static_cast<char*>(hole)[0], 5);
  CHECK_EQUAL(resident_pages(file.data), kPages);
  munmap(hole, page_size());
  CHECK_EQUAL(viditq_release_mapped_pages(file.data, file.bytes), VIDITQ_OK);
}

// A file whose name, where a reader's buffer ends, goes on like a line that says that other memory
// is a shared file.
TEST(names_of_files_say_nothing_of_other_memory) {
  constexpr size_t kPiece = 511;
  constexpr size_t kBeforeName = 73;  // of a line of /proc/self/maps
  const int64_t bytes = 2 * page_size();
  void* both = mmap(nullptr, 2 * bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char* memory = static_cast<char*>(both) + bytes;
  std::memset(memory, 7, bytes);

  char folder[] = "/tmp/viditq_names_XXXXXX";
  CHECK_EQUAL(mkdtemp(folder) != nullptr, true);
  const std::string outer = std::string(folder) + "/" + std::string(230, 'x');
  CHECK_EQUAL(mkdir(outer.c_str(), 0700), 0);
  char like_a_line[128];
  std::snprintf(like_a_line, sizeof(like_a_line), "%" PRIxPTR "-%" PRIxPTR " r--s 0 08:01 1",
                reinterpret_cast<uintptr_t>(memory), reinterpret_cast<uintptr_t>(memory) + bytes);
  std::string name = outer + "/";
  name += std::string(kPiece - kBeforeName - name.size(), 'x') + like_a_line;
  const int file = open(name.c_str(), O_RDWR | O_CREAT, 0600);
  CHECK_EQUAL(ftruncate(file, bytes), 0);
  CHECK_EQUAL(mmap(both, bytes, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0) == both, true);
  close(file);

  CHECK_EQUAL(viditq_release_mapped_pages(memory, bytes), VIDITQ_OK);
  CHECK_EQUAL(memory[0], 7);
  munmap(both, 2 * bytes);
  unlink(name.c_str());
  rmdir(outer.c_str());
  rmdir(folder);
}

TEST(release_of_pages_checks_its_arguments) {
  char byte = 3;
  CHECK_EQUAL(viditq_release_mapped_pages(nullptr, 1), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(viditq_release_mapped_pages(&byte, 0), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(viditq_release_mapped_pages(&byte, -1), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(viditq_release_mapped_pages(reinterpret_cast<void*>(~uintptr_t{0} - 5), 100),
              VIDITQ_OVERFLOW);
  CHECK_EQUAL(viditq_release_mapped_pages(reinterpret_cast<void*>(~uintptr_t{0} - 5), 5),
              VIDITQ_OK);  // nothing is mapped there
  CHECK_EQUAL(viditq_release_mapped_pages(&byte, 1), VIDITQ_OK);
}
