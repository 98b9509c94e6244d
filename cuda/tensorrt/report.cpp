#include "report.h"

#include <dlfcn.h>

#include <atomic>
#include <cstdio>

namespace viditq::trt {
namespace {

constexpr int kLongestMessage = 1024;

std::atomic<nvinfer1::ILoggerFinder*> logger_finder{nullptr};

// Version of the TensorRT library that implements an interface, as major * 10000 + ..; 0 if
// unknown.
int version_behind(const nvinfer1::ILoggerFinder* finder) noexcept {
  const void* functions = *reinterpret_cast<const void* const*>(finder);
  void* symbol = nullptr;
  Dl_info where;
  if (dladdr(functions, &where) != 0 && where.dli_fname != nullptr) {
    if (void* library = dlopen(where.dli_fname, RTLD_LAZY | RTLD_NOLOAD)) {
      symbol = dlsym(library, "getInferLibVersion");
      dlclose(library);
    }
  }
  if (symbol == nullptr) symbol = dlsym(RTLD_DEFAULT, "getInferLibVersion");
  return symbol == nullptr ? 0 : reinterpret_cast<int32_t (*)()>(symbol)();
}

nvinfer1::ILogger* logger() noexcept {
  nvinfer1::ILoggerFinder* finder = logger_finder.load();
  try {
    return finder == nullptr ? nullptr : finder->findLogger();
  } catch (...) {
    return nullptr;
  }
}

}  // namespace

void set_logger_finder(nvinfer1::ILoggerFinder* finder) noexcept {
  // The layout of loggers and their finders is that of TensorRT 11; 10 has another.
  const bool known = finder != nullptr && version_behind(finder) / 10000 == 11;
  logger_finder.store(known ? finder : nullptr);
}

void report(const char* name, const char* what, nvinfer1::ErrorCode code,
            nvinfer1::IErrorRecorder* recorder) noexcept {
  char message[kLongestMessage];
  std::snprintf(message, sizeof message, "%s: %s", name, what);
  if (recorder != nullptr) recorder->reportError(code, message);
  if (nvinfer1::ILogger* log = logger()) {
    log->log(nvinfer1::ILogger::Severity::kERROR, message);
  } else if (recorder == nullptr) {
    std::fprintf(stderr, "%s\n", message);
  }
}

}  // namespace viditq::trt
