package org.viditq.quantize.metric;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.ejml.data.DMatrixRMaj;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * Mean and covariance of the features of a set of pictures, as a safetensors file: {@code mean} [D]
 * and {@code covariance} [D, D] (divisor n - 1), float64 or float32; metadata {@code network} tells
 * which network gave them. Files that other programs wrote have these two tensors and may lack the
 * metadata.
 *
 * @param network stamp of the network; empty where it is not known
 * @param vectors how many there were; 0 where it is not known
 */
public record FeatureStatistics(GaussianFit fit, String network, long vectors) {
  private static final String MEAN = "mean";
  private static final String COVARIANCE = "covariance";
  private static final String NETWORK = "network";
  private static final String VECTORS = "vectors";

  /** As of feature networks. */
  private static final int MOST_FEATURES = 4096;

  /** Of float32, by how much entries of the two halves may differ. */
  private static final double ASYMMETRY = 1e-4;

  /**
   * Those of a set.
   *
   * @param vectors [N, D], N at least 2
   */
  public static FeatureStatistics of(Tensor vectors, String network) {
    return new FeatureStatistics(GaussianFit.of(vectors), network, vectors.dim(0));
  }

  /**
   * Writes all or nothing.
   *
   * @throws org.viditq.core.error.OutputException if the file cannot be written
   */
  public void write(Path file) {
    int d = fit.features();
    SafetensorsWriter.write(
        file,
        List.of(
            doubles(MEAN, Shape.of(d), fit.mean()),
            doubles(COVARIANCE, Shape.of(d, d), fit.covariance().getData())),
        Map.of(NETWORK, network, VECTORS, Long.toString(vectors)));
  }

  private static StoredTensor doubles(String name, Shape shape, double[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(shape.size(), Double.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(values, 0, shape.size());
    return MemoryTensor.ofBuffer(name, DType.F64, shape, bytes);
  }

  /**
   * @throws InvalidCheckpointException in one sentence, if the file is none, or its tensors are no
   *     mean and covariance
   */
  public static FeatureStatistics read(Path file) {
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      StoredTensor mean = checkpoint.get(MEAN);
      if (mean.shape().rank() != 1
          || mean.shape().size() < 1
          || mean.shape().size() > MOST_FEATURES) {
        throw invalid(checkpoint, MEAN, "must be [D], D from 1 to " + MOST_FEATURES);
      }
      int d = mean.shape().size();
      StoredTensor covariance = checkpoint.get(COVARIANCE);
      if (!covariance.shape().equals(Shape.of(d, d))) {
        throw invalid(
            checkpoint,
            COVARIANCE,
            "must be [" + d + ", " + d + "] as the mean is, not " + covariance.shape());
      }
      double[] means = finite(checkpoint, mean);
      DMatrixRMaj matrix = new DMatrixRMaj(d, d, true, finite(checkpoint, covariance));
      requireCovariance(checkpoint, matrix);
      return new FeatureStatistics(
          new GaussianFit(means, matrix),
          checkpoint.metadata().getOrDefault(NETWORK, ""),
          count(checkpoint));
    }
  }

  private static long count(Checkpoint checkpoint) {
    String count = checkpoint.metadata().getOrDefault(VECTORS, "0");
    if (!count.matches("\\d{1,15}")) {
      throw new InvalidCheckpointException(
          checkpoint.source() + ": metadata vectors must be a number of vectors.");
    }
    return Long.parseLong(count);
  }

  private static double[] finite(Checkpoint checkpoint, StoredTensor tensor) {
    double[] values = new double[tensor.shape().size()];
    if (tensor.dtype() == DType.F64) {
      tensor.bytes().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(values);
    } else if (tensor.dtype() == DType.F32) {
      float[] narrow = tensor.toTensor().data();
      for (int i = 0; i < values.length; i++) {
        values[i] = narrow[i];
      }
    } else {
      throw invalid(checkpoint, tensor.name(), "must be F64 or F32, not " + tensor.dtype());
    }
    for (double value : values) {
      if (!Double.isFinite(value)) {
        throw invalid(checkpoint, tensor.name(), "holds " + value);
      }
    }
    return values;
  }

  /** Makes it symmetric to the last bit. */
  private static void requireCovariance(Checkpoint checkpoint, DMatrixRMaj matrix) {
    int d = matrix.getNumRows();
    double largest = 0;
    for (int i = 0; i < d; i++) {
      if (matrix.get(i, i) < 0) {
        throw invalid(checkpoint, COVARIANCE, "has a variance of " + matrix.get(i, i));
      }
      largest = Math.max(largest, matrix.get(i, i));
    }
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < i; j++) {
        double above = matrix.get(j, i);
        double below = matrix.get(i, j);
        if (!(Math.abs(above - below) <= ASYMMETRY * largest)) {
          throw invalid(checkpoint, COVARIANCE, "is not symmetric");
        }
        matrix.set(i, j, above);
      }
    }
  }

  private static InvalidCheckpointException invalid(
      Checkpoint checkpoint, String tensor, String reason) {
    return new InvalidCheckpointException(
        checkpoint.source() + ": tensor " + tensor + " " + reason + ".");
  }
}
