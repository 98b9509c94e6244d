// What is let go of oneDNN's library, and what is not.
#include <fcntl.h>
#include <link.h>
#include <oneapi/dnnl/dnnl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <vector>

#include "operators.h"

namespace {

struct Segment {
  char* begin = nullptr;
  int64_t pages = 0;
};

int64_t page_size() { return sysconf(_SC_PAGESIZE); }

// The first segment of oneDNN, which holds its symbols and relocations.
Segment tables() {
  Segment found;
  dl_iterate_phdr(
      [](dl_phdr_info* library, size_t, void* data) {
        auto* segment = static_cast<Segment*>(data);
        const auto address = reinterpret_cast<uintptr_t>(&dnnl_version);
        bool here = false;
        Segment first;
        for (int i = 0; i < library->dlpi_phnum; i++) {
          const auto& header = library->dlpi_phdr[i];
          if (header.p_type != PT_LOAD) continue;
          const uintptr_t begin = library->dlpi_addr + header.p_vaddr;
          here = here || (begin <= address && address < begin + header.p_memsz);
          if (first.begin == nullptr && header.p_flags == PF_R) {
            first.begin = reinterpret_cast<char*>(begin);
            first.pages = static_cast<int64_t>(header.p_memsz) / page_size();
          }
        }
        if (here) *segment = first;
        return here ? 1 : 0;
      },
      &found);
  return found;
}

std::vector<bool> resident(const Segment& segment) {
  std::vector<uint64_t> entries(segment.pages);
  const int map = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  const auto bytes = static_cast<ssize_t>(entries.size() * sizeof(uint64_t));
  const auto at = reinterpret_cast<uintptr_t>(segment.begin) / page_size() * sizeof(uint64_t);
  CHECK_EQUAL(pread(map, entries.data(), bytes, static_cast<off_t>(at)), bytes);
  close(map);
  std::vector<bool> present;
  for (const uint64_t entry : entries) present.push_back(entry >> 63);
  return present;
}

int64_t count(const std::vector<bool>& pages) {
  int64_t sum = 0;
  for (const bool page : pages) sum += page;
  return sum;
}

int64_t sum_of(const Segment& segment) {
  int64_t sum = 0;
  for (int64_t i = 0; i < segment.pages * page_size(); i++) sum += segment.begin[i];
  return sum;
}

}  // namespace

TEST(tables_of_loading_are_released_and_read_again) {
  const Segment segment = tables();
  CHECK_EQUAL(segment.pages > 1000, true);
  const int64_t sum = sum_of(segment);
  CHECK_EQUAL(count(resident(segment)), segment.pages);
  viditq_release_loading_pages();
  CHECK_EQUAL(count(resident(segment)) < segment.pages / 100, true);
  CHECK_EQUAL(sum_of(segment), sum);
  viditq_release_loading_pages();
  viditq_release_loading_pages();  // nothing is left to let go
}

TEST(a_page_that_was_changed_stays) {
  const Segment segment = tables();
  char* page = segment.begin + segment.pages / 2 * page_size();
  const char before = *page;
  CHECK_EQUAL(mprotect(page, page_size(), PROT_READ | PROT_WRITE), 0);
  *page = static_cast<char>(before + 1);
  viditq_release_loading_pages();
  CHECK_EQUAL(*page, static_cast<char>(before + 1));
  *page = before;
  CHECK_EQUAL(mprotect(page, page_size(), PROT_READ), 0);
}

TEST(products_are_the_same_after_their_code_was_released) {
  operators::Context context(2, VIDITQ_PORTABLE);
  const std::vector<float> weight = operators::normal(48 * 40, 1);
  const std::vector<float> x = operators::normal(9 * 40, 2);
  std::vector<float> results[2];
  for (std::vector<float>& out : results) {
    viditq_dense* dense = nullptr;
    CHECK_EQUAL(viditq_prepare_dense(weight.data(), VIDITQ_FLOAT32, 48, 40, VIDITQ_FP32, 0, &dense),
                VIDITQ_OK);
    out.resize(9 * 48);
    CHECK_EQUAL(viditq_dense_linear(context.handle, dense, x.data(), 9, 40, {}, out.data()),
                VIDITQ_OK);
    viditq_free_dense(dense);
    viditq_release_loading_pages();
  }
  CHECK_EQUAL(results[0] == results[1], true);
}
