package org.viditq.cpp;

import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_convolution;

/** A convolution with its weight in native memory. */
final class ConvolutionLayer implements Convolution, AutoCloseable {
  private static final int AXES = 3;

  private final ConvolutionParameters parameters;
  private final Optional<CountedMemory> bias;
  private viditq_convolution handle;

  ConvolutionLayer(ConvolutionParameters parameters) {
    this.parameters = parameters;
    int[] dims = parameters.weight().shape().toArray();
    int[] kernel = Arrays.copyOfRange(dims, 2, dims.length);
    try (StoredWeight weight = StoredWeight.of(parameters.weight());
        LongPointer extents = new LongPointer(threeAxes(kernel, 1));
        PointerPointer<viditq_convolution> result = new PointerPointer<>(1)) {
      int status =
          Bridge.viditq_prepare_convolution(
              weight.data(),
              weight.type(),
              parameters.outChannels(),
              parameters.inChannels(),
              extents,
              result);
      NativeLibrary.check(status, "preparation of layer " + parameters.name());
      handle = result.get(viditq_convolution.class, 0);
    }
    this.bias = parameters.bias().map(b -> CountedMemory.of(b.data()));
  }

  /** Values per spatial axis, led by {@code fill} to three. */
  static long[] threeAxes(int[] values, long fill) {
    long[] led = new long[AXES];
    Arrays.fill(led, fill);
    for (int i = 0; i < values.length; i++) {
      led[AXES - values.length + i] = values[i];
    }
    return led;
  }

  @Override
  public ConvolutionParameters parameters() {
    return parameters;
  }

  viditq_convolution handle() {
    if (handle == null) {
      throw new IllegalStateException("Convolution " + parameters.name() + " was released.");
    }
    return handle;
  }

  /** Null for none. */
  FloatPointer bias() {
    return bias.map(CountedMemory::floats).orElse(null);
  }

  /** Idempotent. */
  @Override
  public void close() {
    if (handle != null) {
      Bridge.viditq_free_convolution(handle);
      handle = null;
      bias.ifPresent(CountedMemory::close);
    }
  }
}
