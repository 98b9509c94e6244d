package org.viditq.tensorrt.run;

import org.viditq.tensorrt.runtime.DeviceGraph;
import org.viditq.tensorrt.runtime.DeviceStream;

/**
 * The same work again and again: put into the stream as it is the first time, which TensorRT needs
 * after shapes have changed, then recorded as a graph and launched with one call.
 */
final class RepeatedWork implements AutoCloseable {
  private final DeviceStream stream;
  private final Runnable work;
  private boolean done;
  private DeviceGraph graph;

  /**
   * @param work puts calls into the stream, with the same addresses and sizes each time
   */
  RepeatedWork(DeviceStream stream, Runnable work) {
    this.stream = stream;
    this.work = work;
  }

  void run() {
    if (!done) {
      work.run();
      done = true;
      return;
    }
    if (graph == null) {
      graph = record();
    }
    stream.launch(graph);
  }

  private DeviceGraph record() {
    stream.beginCapture();
    try {
      work.run();
    } catch (RuntimeException | Error failed) {
      try {
        stream.abandonCapture();
      } catch (RuntimeException further) {
        failed.addSuppressed(further);
      }
      throw failed;
    }
    return stream.endCapture();
  }

  /** Frees the graph; the stream must be idle. */
  @Override
  public void close() {
    if (graph != null) {
      graph.close();
    }
  }
}
