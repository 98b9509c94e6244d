// What the operator library exports: the function that ONNX Runtime calls when it loads it.
#include <mutex>

#include "node.h"

namespace viditq::ort {
namespace {

// What sessions of the same settings share. ONNX Runtime keeps pointers to it, as long as there are
// sessions, and says nothing when there are none any more: so it stays, once per kind of session.
struct Registration {
  const Functions* functions;
  Settings settings;
  std::vector<std::unique_ptr<NodeKind>> kinds;
  OperatorDomain* domain;
};

OperatorDomain* domain_for(const Api& api, const Settings& settings) {
  static std::mutex mutex;
  static auto* const registrations = new std::vector<Registration>();
  const std::lock_guard<std::mutex> lock(mutex);
  for (const Registration& registration : *registrations) {
    if (registration.functions == &api.functions() &&
        registration.settings.instruction_set == settings.instruction_set &&
        registration.settings.threads == settings.threads) {
      return registration.domain;
    }
  }
  Registration made{&api.functions(), settings, node_kinds(api, settings), nullptr};
  registrations->reserve(registrations->size() + 1);
  api.require(api.functions().create_domain(kDomain, &made.domain));
  for (const auto& kind : made.kinds) {
    api.require(api.functions().add_to_domain(made.domain, kind.get()));
  }
  registrations->push_back(std::move(made));
  return registrations->back().domain;
}

}  // namespace
}  // namespace viditq::ort

extern "C" __attribute__((visibility("default"))) viditq::ort::Status* RegisterCustomOps(
    viditq::ort::SessionOptions* options, const viditq::ort::FunctionsSource* source) {
  using namespace viditq::ort;
  const Functions* functions = source->get(kVersion);
  if (functions == nullptr) {
    // The first function of every version makes statuses.
    return source->get(1)->create_status(ErrorCode::kFail,
                                         "viditq: this library needs ONNX Runtime 1.17 or newer.");
  }
  const Api api(*functions);
  return api.guarded("viditq", [&] {
    const Settings settings{api.config(options, "viditq.isa"),
                            api.config(options, "viditq.threads")};
    api.require(functions->add_domain(options, domain_for(api, settings)));
  });
}
