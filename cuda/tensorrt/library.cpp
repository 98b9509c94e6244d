// What the plugin library exports; TensorRT calls both when it loads the library.
#include "plugin.h"

namespace {

// In the order in which they are registered. Made once, never moved.
const std::vector<nvinfer1::IPluginCreatorInterface*>& creators() {
  static const auto owned = [] {
    std::vector<std::unique_ptr<viditq::trt::Creator>> all;
    for (const viditq::trt::PluginKind& kind : viditq::trt::quantizers()) {
      all.push_back(std::make_unique<viditq::trt::Creator>(kind));
    }
    all.push_back(std::make_unique<viditq::trt::Creator>(viditq::trt::quantized_linear()));
    all.push_back(std::make_unique<viditq::trt::Creator>(viditq::trt::gated_residual()));
    all.push_back(std::make_unique<viditq::trt::Creator>(viditq::trt::attention()));
    return all;
  }();
  static const auto borrowed = [] {
    std::vector<nvinfer1::IPluginCreatorInterface*> all;
    for (const auto& creator : owned) all.push_back(creator.get());
    return all;
  }();
  return borrowed;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) nvinfer1::IPluginCreatorInterface* const*
getCreators(int32_t& count) {
  nvinfer1::IPluginCreatorInterface* const* all = nullptr;
  count = 0;
  viditq::trt::guarded("viditq", nvinfer1::ErrorCode::kFAILED_EXECUTION, nullptr, [&] {
    count = static_cast<int32_t>(creators().size());
    all = creators().data();
  });
  return all;
}

extern "C" __attribute__((visibility("default"))) void setLoggerFinder(
    nvinfer1::ILoggerFinder* finder) {
  viditq::trt::set_logger_finder(finder);
}
