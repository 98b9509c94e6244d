// What NVIDIA's management library says while kernels run: the clock and the driver's version.
// Found at run time; where it is missing, there is no clock.
#pragma once

#include <string>

namespace acceptance {

class Management {
 public:
  // Of the first device.
  explicit Management(const std::string& path = "libnvidia-ml.so.1");
  ~Management();
  Management(const Management&) = delete;
  Management& operator=(const Management&) = delete;

  bool available() const { return device_ != nullptr; }
  std::string driver() const;  // empty if not available
  double clock_mhz() const;    // of the multiprocessors, now; 0 if not available

 private:
  using Device = void*;
  void* library_ = nullptr;
  Device device_ = nullptr;
  int (*shutdown_)() = nullptr;
  int (*driver_version_)(char*, unsigned) = nullptr;
  int (*clock_)(Device, int, unsigned*) = nullptr;
};

}  // namespace acceptance
