package org.viditq.cpp;

import java.util.Arrays;
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
  private final PreparedLayer<viditq_convolution> prepared;

  ConvolutionLayer(ConvolutionParameters parameters) {
    this.parameters = parameters;
    this.prepared =
        new PreparedLayer<>(
            parameters.name(),
            parameters.bias(),
            () -> prepare(parameters),
            Bridge::viditq_free_convolution);
  }

  private static viditq_convolution prepare(ConvolutionParameters parameters) {
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
      return result.get(viditq_convolution.class, 0);
    }
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
    return prepared.handle();
  }

  /** Null for none. */
  FloatPointer bias() {
    return prepared.bias();
  }

  /** Idempotent. */
  @Override
  public void close() {
    prepared.close();
  }
}
