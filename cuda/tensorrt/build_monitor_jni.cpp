// The native methods of org.viditq.cuda.BuildMonitor.
#include <jni.h>

#include <new>

#include "build_monitor.h"

namespace {

using viditq::trt::BuildMonitor;

// Java holds the address of the interface, which is what TensorRT is given.
BuildMonitor* monitor(jlong address) {
  return static_cast<BuildMonitor*>(reinterpret_cast<nvinfer1::IProgressMonitor*>(address));
}

// A field of a line: what would end it, and what is no ASCII, becomes a question mark.
void append(std::string& line, const std::string& text) {
  for (const char c : text) line += c >= ' ' && c < '\x7f' ? c : '?';
}

}  // namespace

extern "C" {

JNIEXPORT jlong JNICALL Java_org_viditq_cuda_BuildMonitor_create(JNIEnv*, jclass) {
  return reinterpret_cast<jlong>(
      static_cast<nvinfer1::IProgressMonitor*>(new (std::nothrow) BuildMonitor()));
}

JNIEXPORT void JNICALL Java_org_viditq_cuda_BuildMonitor_destroy(JNIEnv*, jclass, jlong address) {
  delete monitor(address);
}

JNIEXPORT void JNICALL Java_org_viditq_cuda_BuildMonitor_cancel(JNIEnv*, jclass, jlong address) {
  monitor(address)->cancel();
}

// A line per open phase: its steps, those that are done, name and parent, between tabs. Null if
// there is no memory for it.
JNIEXPORT jstring JNICALL Java_org_viditq_cuda_BuildMonitor_open(JNIEnv* env, jclass,
                                                                 jlong address) {
  try {
    std::string lines;
    for (const BuildMonitor::Phase& phase : monitor(address)->open()) {
      lines += std::to_string(phase.steps) + '\t' + std::to_string(phase.done) + '\t';
      append(lines, phase.name);
      lines += '\t';
      append(lines, phase.parent);
      lines += '\n';
    }
    return env->NewStringUTF(lines.c_str());
  } catch (...) {
    return nullptr;
  }
}
}
