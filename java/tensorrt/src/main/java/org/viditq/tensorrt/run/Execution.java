package org.viditq.tensorrt.run;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.tensorrt.runtime.DeviceBuffer;
import org.viditq.tensorrt.runtime.DeviceRuntime;
import org.viditq.tensorrt.runtime.DeviceStream;
import org.viditq.tensorrt.runtime.Engine;
import org.viditq.tensorrt.runtime.EngineTensor;
import org.viditq.tensorrt.runtime.ExecutionContext;
import org.viditq.tensorrt.runtime.PinnedBuffer;

/**
 * An engine with everything that runs it on inputs of some shapes: a context, memory of the device
 * for all inputs and outputs, and pinned memory of the same layout, through which they come and go.
 * Running it allocates nothing.
 *
 * <p>Pinned memory is touched by {@link #write} and {@link #read} only, when the stream has been
 * waited for since the last copy.
 */
final class Execution implements AutoCloseable {
  private final String name;
  private final ExecutionContext context;
  private final DeviceBuffer device;
  private final PinnedBuffer pinned;
  private final Layout layout = new Layout();
  private final Map<String, EngineTensor> tensors = new LinkedHashMap<>();
  private final Map<String, Shape> shapes = new LinkedHashMap<>();
  private final Map<String, Place> elsewhere;
  private final Resources resources = new Resources();

  /**
   * @param name what messages call the network
   * @param profile index of one that holds the shapes
   * @param inputs shapes of all inputs
   * @param elsewhere tensors that lie in somebody else's memory
   * @param onDevice tensors that the host neither writes nor reads, which have no pinned memory
   */
  Execution(
      String name,
      DeviceRuntime runtime,
      Engine engine,
      int profile,
      Map<String, Shape> inputs,
      Map<String, Place> elsewhere,
      Set<String> onDevice) {
    this.name = name;
    this.elsewhere = Map.copyOf(elsewhere);
    engine.tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
    try {
      context = resources.add(engine.openContext(profile), ExecutionContext::close);
      for (EngineTensor tensor : tensors.values()) {
        if (tensor.input()) {
          context.setShape(tensor.name(), shape(inputs, tensor));
        }
      }
      for (EngineTensor tensor : tensors.values()) {
        shapes.put(tensor.name(), context.shape(tensor.name()));
      }
      layOut(tensor -> !onDevice.contains(tensor));
      int hostSize = layout.hostSize(name);
      layOut(onDevice::contains);
      device = resources.add(runtime.allocate(layout.size()), DeviceBuffer::close);
      pinned = resources.add(runtime.allocatePinned(hostSize), PinnedBuffer::close);
      for (EngineTensor tensor : tensors.values()) {
        Place place = place(tensor.name());
        if (place.bytes() != bytes(tensor, shapes.get(tensor.name()))) {
          throw new ShapeException(
              "Tensor "
                  + tensor.name()
                  + " of the network "
                  + name
                  + " takes "
                  + bytes(tensor, shapes.get(tensor.name()))
                  + " bytes, but its place has "
                  + place.bytes()
                  + ".");
        }
        context.bind(tensor.name(), place.buffer(), place.offset());
      }
    } catch (RuntimeException | Error failed) {
      resources.closeAfter(failed);
      throw failed;
    }
  }

  private void layOut(Predicate<String> chosen) {
    for (EngineTensor tensor : tensors.values()) {
      if (chosen.test(tensor.name()) && !elsewhere.containsKey(tensor.name())) {
        layout.add(tensor.name(), bytes(tensor, shapes.get(tensor.name())));
      }
    }
  }

  private Shape shape(Map<String, Shape> inputs, EngineTensor input) {
    Shape shape = inputs.get(input.name());
    if (shape == null) {
      throw new BackendException(
          "The engine of the network "
              + name
              + " takes an input "
              + input.name()
              + ", which the model does not have; it belongs to another model.");
    }
    return shape;
  }

  private static long bytes(EngineTensor tensor, Shape shape) {
    return (long) shape.size() * tensor.type().bytes();
  }

  /** Whether the engine has such a tensor. */
  boolean has(String tensor) {
    return tensors.containsKey(tensor);
  }

  Shape shape(String tensor) {
    return shapes.get(tensor);
  }

  /** Where a tensor lies on the device. */
  Place place(String tensor) {
    Place other = elsewhere.get(tensor);
    return other != null ? other : new Place(device, layout.offset(tensor), layout.bytes(tensor));
  }

  /** Puts values into the pinned memory of an input, and their copy into the stream. */
  void upload(DeviceStream stream, String input, Tensor values) {
    requireType(input, EngineTensor.Type.FLOAT);
    host(input, values.size()).asFloatBuffer().put(values.data());
    copyToDevice(stream, input);
  }

  /** Likewise whole numbers. */
  void upload(DeviceStream stream, String input, int... values) {
    requireType(input, EngineTensor.Type.INT32);
    host(input, values.length).asIntBuffer().put(values);
    copyToDevice(stream, input);
  }

  private ByteBuffer host(String tensor, int elements) {
    if (elements != shapes.get(tensor).size()) {
      throw new ShapeException(
          "Tensor "
              + tensor
              + " of the network "
              + name
              + " has the shape "
              + shapes.get(tensor)
              + ", not "
              + elements
              + " elements.");
    }
    return pinned.bytes((int) layout.offset(tensor), (int) layout.bytes(tensor));
  }

  private void requireType(String tensor, EngineTensor.Type type) {
    EngineTensor.Type own = tensors.get(tensor).type();
    if (own != type) {
      throw new BackendException(
          "Tensor "
              + tensor
              + " of the engine of the network "
              + name
              + " holds "
              + own
              + ", not "
              + type
              + "; it was built from another graph.");
    }
  }

  private void copyToDevice(DeviceStream stream, String input) {
    int offset = (int) layout.offset(input);
    stream.copyToDevice(device, offset, pinned, offset, (int) layout.bytes(input));
  }

  /** Puts zeros into all memory of the device that is its own. */
  void clear(DeviceStream stream) {
    stream.clear(device);
  }

  void enqueue(DeviceStream stream) {
    context.enqueue(stream);
  }

  /** Puts the copy of an output to pinned memory into the stream. */
  void download(DeviceStream stream, String output) {
    requireType(output, EngineTensor.Type.FLOAT);
    int offset = (int) layout.offset(output);
    stream.copyToHost(pinned, offset, device, offset, (int) layout.bytes(output));
  }

  /** What {@link #download} has brought, when the stream has been waited for. */
  Tensor read(String output) {
    Shape shape = shapes.get(output);
    float[] values = new float[shape.size()];
    host(output, values.length).asFloatBuffer().get(values);
    return Tensor.of(shape, values);
  }

  @Override
  public void close() {
    resources.close();
  }
}
