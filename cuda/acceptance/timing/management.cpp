#include "management.h"

#include <dlfcn.h>

namespace acceptance {
namespace {

constexpr int kMultiprocessorClock = 1;  // NVML_CLOCK_SM

template <typename Function>
Function find(void* library, const char* name) {
  return reinterpret_cast<Function>(dlsym(library, name));
}

}  // namespace

Management::Management(const std::string& path) {
  library_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library_ == nullptr) return;
  const auto start = find<int (*)()>(library_, "nvmlInit_v2");
  const auto device = find<int (*)(unsigned, Device*)>(library_, "nvmlDeviceGetHandleByIndex_v2");
  const auto shutdown = find<int (*)()>(library_, "nvmlShutdown");
  driver_version_ = find<int (*)(char*, unsigned)>(library_, "nvmlSystemGetDriverVersion");
  clock_ = find<int (*)(Device, int, unsigned*)>(library_, "nvmlDeviceGetClockInfo");
  if (start == nullptr || device == nullptr || shutdown == nullptr || driver_version_ == nullptr ||
      clock_ == nullptr || start() != 0) {
    return;
  }
  shutdown_ = shutdown;
  if (device(0, &device_) != 0) device_ = nullptr;
}

Management::~Management() {
  if (shutdown_ != nullptr) shutdown_();
  if (library_ != nullptr) dlclose(library_);
}

std::string Management::driver() const {
  char version[96] = "";
  if (!available() || driver_version_(version, sizeof version) != 0) return "";
  return version;
}

double Management::clock_mhz() const {
  unsigned clock = 0;
  if (!available() || clock_(device_, kMultiprocessorClock, &clock) != 0) return 0;
  return clock;
}

}  // namespace acceptance
