package org.viditq.tensorrt.standin;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.viditq.core.error.BackendException;
import org.viditq.onnxruntime.OperatorLibrary;
import org.viditq.tensorrt.engine.Profile;
import org.viditq.tensorrt.runtime.Engine;
import org.viditq.tensorrt.runtime.EngineTensor;
import org.viditq.tensorrt.runtime.ExecutionContext;

/** A graph in ONNX Runtime, with our operators. */
final class StandInEngine implements Engine {
  private final StandInRuntime runtime;
  private final StandInPlan plan;
  private final long weightBytes;
  final OrtSession session;
  final Map<String, TensorInfo> infos = new HashMap<>();
  private final List<EngineTensor> tensors = new ArrayList<>();
  private int contexts;

  StandInEngine(StandInRuntime runtime, StandInPlan plan) {
    this.runtime = runtime;
    this.plan = plan;
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        Stream<Path> files = Files.list(plan.graph().getParent())) {
      options.registerCustomOpLibrary(OperatorLibrary.NATIVE.path().toString());
      options.setIntraOpNumThreads(2);
      session = OrtEnvironment.getEnvironment().createSession(plan.graph().toString(), options);
      add(session.getInputInfo(), true);
      add(session.getOutputInfo(), false);
      long bytes = 0;
      for (Path file : (Iterable<Path>) files::iterator) {
        bytes += Files.size(file);
      }
      weightBytes = bytes;
    } catch (OrtException | IOException e) {
      throw new BackendException("ONNX Runtime refuses the graph: " + e.getMessage(), e);
    }
  }

  private void add(Map<String, NodeInfo> infosOfGraph, boolean input) {
    infosOfGraph.forEach(
        (name, node) -> {
          TensorInfo info = (TensorInfo) node.getInfo();
          infos.put(name, info);
          EngineTensor.Type type =
              info.type == OnnxJavaType.INT32 ? EngineTensor.Type.INT32 : EngineTensor.Type.FLOAT;
          tensors.add(new EngineTensor(name, input, type, info.getShape().length));
        });
  }

  long weightBytes() {
    return weightBytes;
  }

  @Override
  public List<EngineTensor> tensors() {
    return List.copyOf(tensors);
  }

  @Override
  public List<Profile> profiles() {
    return List.of(plan.profile());
  }

  @Override
  public long activationBytes() {
    return 1;
  }

  @Override
  public ExecutionContext openContext(int profile) {
    runtime.requireOpen(this);
    runtime.requireNoCapture("opening a context");
    if (profile != 0) {
      throw new IllegalArgumentException("there is no profile " + profile);
    }
    runtime.take(activationBytes(), "a context");
    contexts++;
    return runtime.opened(new StandInContext(runtime, this, plan.profile()));
  }

  void contextClosed() {
    contexts--;
  }

  @Override
  public void close() {
    if (contexts > 0) {
      throw new IllegalStateException("an engine is closed before its contexts");
    }
    runtime.closed(this, weightBytes);
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }
}
