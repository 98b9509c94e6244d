package org.viditq.cuda.tensorrt;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.bytedeco.tensorrt.nvinfer.ILogger;

/** Keeps TensorRT's warnings and errors. */
final class Log extends ILogger {
  private final List<String> lines = new CopyOnWriteArrayList<>();

  @Override
  public void log(Severity severity, String message) {
    if (severity.intern() != Severity.kINFO && severity.intern() != Severity.kVERBOSE) {
      lines.add(message);
    }
  }

  List<String> lines() {
    return List.copyOf(lines);
  }

  void clear() {
    lines.clear();
  }
}
