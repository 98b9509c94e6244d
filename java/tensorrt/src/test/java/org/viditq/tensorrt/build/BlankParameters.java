package org.viditq.tensorrt.build;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Weights of any model, of any size, that are nowhere: a few values, over and over again. */
record BlankParameters(String prefix) implements Parameters {
  private record Blank(String name, Shape shape) implements StoredTensor {
    private static final int VALUES = 31;

    @Override
    public DType dtype() {
      return DType.F32;
    }

    @Override
    public ByteBuffer bytes() {
      float[] values = new float[shape.size()];
      copyTo(0, values, 0, values.length);
      ByteBuffer bytes =
          ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(values);
      return bytes;
    }

    @Override
    public void copyTo(int start, float[] destination, int offset, int count) {
      for (int i = 0; i < count; i++) {
        destination[offset + i] = ((start + i) % VALUES - VALUES / 2) * 0.001f;
      }
    }
  }

  /** False: a definition takes the first of the names that it knows. */
  @Override
  public boolean contains(String name) {
    return false;
  }

  @Override
  public Tensor tensor(String name, int... shape) {
    return stored(name, shape).toTensor();
  }

  @Override
  public StoredTensor stored(String name, int... shape) {
    return new Blank(prefix + name, Shape.of(shape));
  }

  @Override
  public LinearParameters linear(String name, int inFeatures, int outFeatures) {
    return new DenseLinearParameters(
        prefix + name, stored(name + ".weight", outFeatures, inFeatures), bias(name, outFeatures));
  }

  @Override
  public ConvolutionParameters convolution(
      String name,
      int inChannels,
      int outChannels,
      int[] kernel,
      int[] stride,
      int[] padBefore,
      int[] padAfter) {
    int[] shape = ConvolutionParameters.weightShape(inChannels, outChannels, kernel);
    return new ConvolutionParameters(
        prefix + name,
        stored(name + ".weight", shape),
        bias(name, outChannels),
        stride,
        padBefore,
        padAfter);
  }

  private Optional<Tensor> bias(String layer, int features) {
    return Optional.of(tensor(layer + ".bias", features));
  }

  @Override
  public Parameters under(String below) {
    return new BlankParameters(prefix + below);
  }
}
