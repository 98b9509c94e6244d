package org.viditq.tensorrt.standin;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Shape;
import org.viditq.tensorrt.engine.Profile;
import org.viditq.tensorrt.runtime.DeviceBuffer;
import org.viditq.tensorrt.runtime.DeviceRuntime;
import org.viditq.tensorrt.runtime.DeviceStream;
import org.viditq.tensorrt.runtime.EngineTensor;
import org.viditq.tensorrt.runtime.ExecutionContext;
import org.viditq.tensorrt.standin.Work.Part;

/** Shapes and addresses for one graph. */
final class StandInContext implements ExecutionContext {
  private final StandInRuntime runtime;
  private final StandInEngine engine;
  private final Profile profile;
  private final Map<String, EngineTensor> tensors = new LinkedHashMap<>();
  private final Map<String, Shape> shapes = new HashMap<>();
  private final Map<String, Part> places = new HashMap<>();
  private Map<String, Shape> outputShapes;

  /** Counts changes of shapes and places: recorded work is of one state. */
  private int state;

  private boolean shapesAreNew = true;
  private StandInStream last;

  StandInContext(StandInRuntime runtime, StandInEngine engine, Profile profile) {
    this.runtime = runtime;
    this.engine = engine;
    this.profile = profile;
    engine.tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
  }

  private EngineTensor tensor(String name) {
    EngineTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("the engine has no tensor " + name);
    }
    return tensor;
  }

  @Override
  public void setShape(String input, Shape shape) {
    runtime.requireOpen(this);
    if (!tensor(input).input()) {
      throw new IllegalArgumentException(input + " is no input");
    }
    if (!profile.inputs().containsKey(input) || !profile.inputs().get(input).holds(shape)) {
      throw new ShapeException(
          "Input " + input + " " + shape + " is outside the engine's profile " + profile + ".");
    }
    shapes.put(input, shape);
    outputShapes = null;
    shapesAreNew = true;
    state++;
  }

  @Override
  public Shape shape(String name) {
    if (tensor(name).input()) {
      return shapes.get(name);
    }
    for (EngineTensor tensor : tensors.values()) {
      if (tensor.input() && !shapes.containsKey(tensor.name())) {
        throw new IllegalStateException("the shape of " + tensor.name() + " is not chosen");
      }
    }
    if (outputShapes == null) {
      outputShapes = inferred();
    }
    return outputShapes.get(name);
  }

  /** ONNX Runtime infers shapes by running. */
  private Map<String, Shape> inferred() {
    Map<String, OnnxTensorLike> inputs = new HashMap<>();
    Map<String, Shape> inferred = new HashMap<>();
    try {
      for (EngineTensor tensor : tensors.values()) {
        if (tensor.input()) {
          Shape shape = shapes.get(tensor.name());
          int bytes = shape.size() * tensor.type().bytes();
          ByteBuffer zeros =
              ByteBuffer.allocateDirect(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN);
          inputs.put(tensor.name(), value(tensor, shape, zeros));
        }
      }
      try (OrtSession.Result results = engine.session.run(inputs)) {
        for (Map.Entry<String, ai.onnxruntime.OnnxValue> result : results) {
          long[] dims = ((OnnxTensor) result.getValue()).getInfo().getShape();
          inferred.put(
              result.getKey(), Shape.of(Arrays.stream(dims).mapToInt(Math::toIntExact).toArray()));
        }
      }
    } catch (OrtException e) {
      throw new ShapeException("ONNX Runtime cannot run these shapes: " + e.getMessage());
    } finally {
      inputs.values().forEach(OnnxTensorLike::close);
    }
    return inferred;
  }

  private static OnnxTensor value(EngineTensor tensor, Shape shape, ByteBuffer bytes)
      throws OrtException {
    long[] dims = Arrays.stream(shape.toArray()).asLongStream().toArray();
    return tensor.type() == EngineTensor.Type.INT32
        ? OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), bytes.asIntBuffer(), dims)
        : OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), bytes.asFloatBuffer(), dims);
  }

  @Override
  public void bind(String name, DeviceBuffer buffer, long offset) {
    EngineTensor tensor = tensor(name);
    if (offset % DeviceRuntime.ALIGNMENT != 0) {
      throw new IllegalArgumentException(name + " is bound to the unaligned offset " + offset);
    }
    Memory memory = ((StandInBuffer) buffer).memory;
    long bytes = (long) shape(name).size() * tensor.type().bytes();
    memory.require(offset, bytes);
    places.put(name, new Part(memory, offset, bytes));
    state++;
  }

  @Override
  public void enqueue(DeviceStream stream) {
    runtime.requireOpen(this);
    StandInStream queue = (StandInStream) stream;
    List<Part> reads = new ArrayList<>();
    List<Part> writes = new ArrayList<>();
    for (EngineTensor tensor : tensors.values()) {
      Part place = places.get(tensor.name());
      if (place == null) {
        throw new IllegalStateException(tensor.name() + " is not bound");
      }
      long bytes = (long) shape(tensor.name()).size() * tensor.type().bytes();
      if (place.length() < bytes) {
        throw new IllegalStateException(
            tensor.name() + " takes " + bytes + " bytes, but is bound to " + place.length());
      }
      (tensor.input() ? reads : writes).add(new Part(place.memory(), place.offset(), bytes));
    }
    requireApart(reads, writes);
    if (queue.capturing() && shapesAreNew) {
      throw new IllegalStateException("the first execution after shapes have changed is captured");
    }
    shapesAreNew = false;
    last = queue;
    Map<String, Shape> shapesThen = new HashMap<>(shapes);
    Map<String, Part> placesThen = new HashMap<>(places);
    int then = state;
    queue.execute(
        new Work(
            "an execution",
            reads,
            writes,
            () -> {
              runtime.requireOpen(this);
              if (state != then) {
                throw new IllegalStateException(
                    "recorded work is launched after its shapes or addresses have changed");
              }
            },
            () -> run(shapesThen, placesThen)));
  }

  private static void requireApart(List<Part> reads, List<Part> writes) {
    for (Part write : writes) {
      for (Part other : reads) {
        if (write.memory() == other.memory()
            && write.offset() < other.offset() + other.length()
            && other.offset() < write.offset() + write.length()) {
          throw new IllegalStateException("an output lies on an input");
        }
      }
    }
  }

  private void run(Map<String, Shape> inputShapes, Map<String, Part> at) {
    Map<String, OnnxTensorLike> inputs = new HashMap<>();
    try {
      for (EngineTensor tensor : tensors.values()) {
        if (tensor.input()) {
          Part part = at.get(tensor.name());
          inputs.put(
              tensor.name(),
              value(
                  tensor,
                  inputShapes.get(tensor.name()),
                  part.memory().part(part.offset(), part.length())));
        }
      }
      try (OrtSession.Result results = engine.session.run(inputs)) {
        for (Map.Entry<String, ai.onnxruntime.OnnxValue> result : results) {
          Part part = at.get(result.getKey());
          part.memory()
              .part(part.offset(), part.length())
              .put(((OnnxTensor) result.getValue()).getByteBuffer());
        }
      }
    } catch (OrtException e) {
      throw new org.viditq.core.error.BackendException("Execution failed: " + e.getMessage(), e);
    } finally {
      inputs.values().forEach(OnnxTensorLike::close);
    }
  }

  @Override
  public void close() {
    if (last != null && !last.isIdle()) {
      throw new IllegalStateException("a context is closed while it may be executing");
    }
    engine.contextClosed();
    runtime.closed(this, engine.activationBytes());
  }
}
