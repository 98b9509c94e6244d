// Where the plugins' errors go: TensorRT's log, the error recorder of the execution context, or
// standard error where there is neither.
#pragma once

#include <exception>
#include <stdexcept>
#include <string>

#include "nvinfer.h"

namespace viditq::trt {

// What a plugin refuses: one sentence without the plugin's name.
class Refusal : public std::runtime_error {
 public:
  explicit Refusal(const std::string& sentence) : std::runtime_error(sentence) {}
};

inline void require(bool condition, const std::string& sentence) {
  if (!condition) throw Refusal(sentence);
}

// From TensorRT, when it loads the library. Null for none.
void set_logger_finder(nvinfer1::ILoggerFinder* finder) noexcept;

// Says "name: what". The recorder may be null.
void report(const char* name, const char* what, nvinfer1::ErrorCode code,
            nvinfer1::IErrorRecorder* recorder) noexcept;

// Runs body; whether nothing was thrown. TensorRT calls through noexcept functions, which no
// exception may leave.
template <typename Body>
bool guarded(const char* name, nvinfer1::ErrorCode code, nvinfer1::IErrorRecorder* recorder,
             Body body) noexcept {
  try {
    body();
    return true;
  } catch (const std::exception& e) {
    report(name, e.what(), code, recorder);
  } catch (...) {
    report(name, "an unknown exception.", code, recorder);
  }
  return false;
}

}  // namespace viditq::trt
