package org.viditq.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Tensor;

/** Weights as the graph stores them, over shapes that are cut into blocks in every way. */
class WeightConstantsTest {

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 70000", "3, 2", "70000, 1", "600000, 3", "1031, 2053"})
  void weightsAreTransposed(int out, int in) throws IOException {
    StoredTensor weight = random(out, in);
    float[] expected = weight.toTensor().data();
    ByteBuffer written = write(new TransposedWeight(weight));
    for (int k = 0; k < in; k++) {
      for (int n = 0; n < out; n++) {
        float value = written.getFloat(Float.BYTES * (k * out + n));
        if (value != expected[n * in + k]) {
          assertThat(value).as("%d, %d", k, n).isEqualTo(expected[n * in + k]);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "7, 130", "600000, 3", "1031, 1033"})
  void codesAreWithinHalfAStepAndReachTheEnds(int out, int in) throws IOException {
    StoredTensor stored = random(out, in);
    float[] w = stored.toTensor().data();
    for (int k = 0; k < in; k++) {
      w[k] = out > 1 ? 0 : w[k]; // a dead channel
    }
    SymmetricWeight weight = SymmetricWeight.of(MemoryTensor.of("weight", Tensor.of(w, out, in)));
    ByteBuffer codes = write(weight);
    for (int n = 0; n < out; n++) {
      float scale = weight.scale().data()[n];
      int largest = 0;
      for (int k = 0; k < in; k++) {
        int code = codes.get(k * out + n);
        largest = Math.max(largest, Math.abs(code));
        double error = Math.abs(code - w[n * in + k] / (double) scale);
        if (error > 0.5 + 1e-4) { // the division is rounded to float32
          assertThat(error).as("%d, %d", n, k).isLessThanOrEqualTo(0.5);
        }
      }
      if (largest != (n == 0 && out > 1 ? 0 : 127)) {
        assertThat(largest).as("channel %d", n).isEqualTo(127);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "65536", "65537", "200000"})
  void otherTensorsKeepTheirOrder(int size) throws IOException {
    StoredTensor tensor = random(size);
    ByteBuffer written = write(new FloatConstant(tensor));
    float[] values = new float[size];
    written.asFloatBuffer().get(values);
    assertThat(values).isEqualTo(tensor.toTensor().data());
  }

  private static StoredTensor random(int... dims) {
    Random random = new Random(5);
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return MemoryTensor.of("weight", tensor, DType.F16);
  }

  private static ByteBuffer write(ConstantData data) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    data.writeTo(Channels.newChannel(bytes));
    assertThat((long) bytes.size()).isEqualTo(data.byteLength());
    return ByteBuffer.wrap(bytes.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
  }
}
