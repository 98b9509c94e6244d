package org.viditq.tensorrt.presets;

import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.global.cudart;
import org.viditq.tensorrt.runtime.DeviceGraph;

/** Recorded work that can be launched. */
public final class CudaGraph implements DeviceGraph {
  private final CudaDevice device;
  private final CUgraphExec_st executable = new CUgraphExec_st();

  /**
   * @param recorded freed when this returns
   */
  CudaGraph(CudaDevice device, CUgraph_st recorded) {
    this.device = device;
    int status = cudart.cudaGraphInstantiate(executable, recorded, 0);
    int freed = cudart.cudaGraphDestroy(recorded);
    Cuda.check(status, "make recorded work ready");
    device.opened(CudaDevice.Kind.GRAPH);
    try {
      Cuda.check(freed, "free recorded work");
    } catch (RuntimeException failed) {
      close();
      throw failed;
    }
  }

  CUgraphExec_st executable() {
    if (executable.isNull()) {
      throw new IllegalStateException("A graph is used after it was closed.");
    }
    return executable;
  }

  @Override
  public void close() {
    if (!executable.isNull()) {
      int status = cudart.cudaGraphExecDestroy(executable);
      executable.setNull();
      device.closed(CudaDevice.Kind.GRAPH);
      Cuda.check(status, "free a graph");
    }
  }
}
