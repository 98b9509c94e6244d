// The native methods of org.viditq.cuda.TensorRtObjects.
#include <jni.h>

extern "C" JNIEXPORT void JNICALL Java_org_viditq_cuda_TensorRtObjects_delete(JNIEnv*, jclass,
                                                                              jlong address,
                                                                              jint slot) {
  // What `delete object` compiles to (Itanium C++ ABI, 2.5.2): the call of the deleting destructor
  // out of the virtual table, behind the complete one. No class is named, as a compiler that sees
  // one without successors calls its destructor directly.
  using DeletingDestructor = void (*)(void*);
  void* const object = reinterpret_cast<void*>(address);
  (*static_cast<DeletingDestructor**>(object))[slot + 1](object);
}
