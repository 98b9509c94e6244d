package org.viditq.cuda;

import org.bytedeco.javacpp.Pointer;
import org.viditq.core.error.BackendException;

/**
 * Deletes TensorRT's objects, for which the presets have no method: builders, networks,
 * configurations, parsers, runtimes, engines, contexts and their like, which in C++ are deleted by
 * {@code delete}.
 */
public final class TensorRtObjects {
  /** Where the destructor stands among the virtual functions: first in all that is INoCopy. */
  private static final int FIRST = 0;

  /** Behind the functions of the parser, and of what refits from ONNX, that were there first. */
  private static final int OF_A_PARSER = 6;

  private static final int OF_A_PARSER_REFITTER = 5;

  private TensorRtObjects() {}

  /**
   * Deletes objects in the order given; null and null pointers are left out.
   *
   * @param objects derived from {@code INoCopy}, owned by the caller and not used again
   * @throws BackendException if the library is not among the natives
   */
  public static void delete(Pointer... objects) {
    for (Pointer object : objects) {
      delete(object, FIRST);
    }
  }

  /** Deletes an {@code IParser} of ONNX, which is of another make; as {@link #delete}. */
  public static void deleteParser(Pointer parser) {
    delete(parser, OF_A_PARSER);
  }

  /** Deletes an {@code IParserRefitter} of ONNX; as {@link #delete}. */
  public static void deleteParserRefitter(Pointer refitter) {
    delete(refitter, OF_A_PARSER_REFITTER);
  }

  private static void delete(Pointer object, int slot) {
    if (!TensorRtJava.isAvailable()) {
      throw TensorRtJava.missing();
    }
    if (object != null && !object.isNull()) {
      delete(object.address(), slot);
      object.setNull();
    }
  }

  private static native void delete(long address, int slot);
}
