package org.viditq.quantize.calibrate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.ejml.data.DMatrixRMaj;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * Second moments Σ xᵀx of the rows that layers got as inputs, and some of these rows, by timestep
 * range. They stay in their file and are read layer by layer.
 */
public final class SecondMoments {
  private static final String SECOND = "moment.";
  private static final String ROWS = "sample.";
  private static final String SUM = "sum.";

  private final Supplier<? extends Checkpoint> open;
  private final List<TimestepRange> ranges;
  private final Map<String, String> inputs;

  /**
   * @param open the tensors {@code moment.INPUT.R} [in, in], {@code sample.INPUT.R} [rows, in] and
   *     {@code sum.INPUT.R} [1, in + 1], the sum of rows and their number, for the R-th range;
   *     closed after each use
   * @param ranges that moments were taken apart for, tiling the schedule
   * @param inputs INPUT of each layer: layers with the same input share it
   */
  SecondMoments(
      Supplier<? extends Checkpoint> open, List<TimestepRange> ranges, Map<String, String> inputs) {
    this.open = open;
    this.ranges = List.copyOf(ranges);
    this.inputs = new LinkedHashMap<>(inputs);
  }

  static String secondName(String input, int range) {
    return SECOND + input + "." + range;
  }

  static String rowsName(String input, int range) {
    return ROWS + input + "." + range;
  }

  static String sumName(String input, int range) {
    return SUM + input + "." + range;
  }

  /** Whether a tensor of a statistics file belongs here. */
  static boolean isOwn(String tensor) {
    return tensor.startsWith(SECOND) || tensor.startsWith(ROWS) || tensor.startsWith(SUM);
  }

  /** Ranges that moments were taken apart for, in order of time. */
  public List<TimestepRange> ranges() {
    return ranges;
  }

  /** The input of each layer, by the name of one layer that has it. */
  Map<String, String> inputs() {
    return inputs;
  }

  Checkpoint open() {
    return open.get();
  }

  /**
   * Σ xᵀx over the calibrated rows of a range, [in, in].
   *
   * @throws InvalidPlanException if the range is no union of {@link #ranges()}
   */
  public DMatrixRMaj of(String layer, TimestepRange range) {
    try (Checkpoint tensors = open.get()) {
      DMatrixRMaj sum = null;
      for (int r : parts(range)) {
        StoredTensor tensor = require(tensors, secondName(input(layer), r));
        if (tensor.shape().dim(0) != tensor.shape().dim(1)) {
          throw damaged(tensors, tensor, "is not square");
        }
        float[] values = tensor.toFiniteTensor().data();
        if (sum == null) {
          sum = new DMatrixRMaj(tensor.shape().dim(0), tensor.shape().dim(1));
        } else if (sum.data.length != values.length) {
          throw damaged(tensors, tensor, "has another size than that of the range before");
        }
        for (int i = 0; i < values.length; i++) {
          sum.data[i] += values[i];
        }
      }
      return sum;
    }
  }

  /**
   * Some rows of the layer's calibrated input, [rows, in], evenly chosen; the same for equal
   * calibrations.
   *
   * @throws InvalidPlanException if the range is no union of {@link #ranges()}
   */
  public Tensor rows(String layer, TimestepRange range) {
    try (Checkpoint tensors = open.get()) {
      List<Tensor> parts = new ArrayList<>();
      int rows = 0;
      for (int r : parts(range)) {
        StoredTensor tensor = require(tensors, rowsName(input(layer), r));
        if (!parts.isEmpty() && tensor.shape().dim(1) != parts.get(0).dim(1)) {
          throw damaged(tensors, tensor, "has another width than that of the range before");
        }
        parts.add(tensor.toFiniteTensor());
        rows += tensor.shape().dim(0);
      }
      Tensor all = Tensor.zeros(rows, parts.get(0).dim(1));
      int at = 0;
      for (Tensor part : parts) {
        System.arraycopy(part.data(), 0, all.data(), at, part.size());
        at += part.size();
      }
      return all;
    }
  }

  /**
   * The mean of the calibrated rows of a range, [in].
   *
   * @throws InvalidPlanException if the range is no union of {@link #ranges()}
   */
  public float[] mean(String layer, TimestepRange range) {
    double[] sum = sums(layer, range);
    float[] mean = new float[sum.length - 1];
    for (int c = 0; c < mean.length; c++) {
      mean[c] = (float) (sum[c] / sum[mean.length]);
    }
    return mean;
  }

  /** How many rows {@link #of} and {@link #mean} are of. */
  public double count(String layer, TimestepRange range) {
    double[] sum = sums(layer, range);
    return sum[sum.length - 1];
  }

  /** Of rows, and how many. */
  private double[] sums(String layer, TimestepRange range) {
    try (Checkpoint tensors = open.get()) {
      double[] sum = null;
      for (int r : parts(range)) {
        StoredTensor tensor = require(tensors, sumName(input(layer), r));
        float[] values = tensor.toFiniteTensor().data();
        sum = sum == null ? new double[values.length] : sum;
        if (sum.length != values.length || !(values[values.length - 1] >= 1)) {
          throw damaged(tensors, tensor, "is no sum of rows and their number");
        }
        for (int i = 0; i < values.length; i++) {
          sum[i] += values[i];
        }
      }
      return sum;
    }
  }

  private String input(String layer) {
    String input = inputs.get(layer);
    if (input == null) {
      throw new InvalidCheckpointException(
          "The calibration statistics lack second moments of layer "
              + layer
              + "; calibrate again with this model and plan.");
    }
    return input;
  }

  private List<Integer> parts(TimestepRange wanted) {
    List<Integer> parts = new ArrayList<>();
    double start = wanted.start();
    for (int r = 0; r < ranges.size(); r++) {
      if (ranges.get(r).start() == start && ranges.get(r).end() <= wanted.end()) {
        parts.add(r);
        start = ranges.get(r).end();
      }
    }
    if (parts.isEmpty() || start != wanted.end()) {
      throw new InvalidPlanException(
          String.format(
              Locale.ROOT,
              "The plan has a balancing range from timestep %.0f to below %.0f, but second moments"
                  + " were calibrated for %s only; calibrate with --second-moments and these"
                  + " ranges.",
              wanted.start(),
              wanted.end(),
              ranges));
    }
    return parts;
  }

  private StoredTensor require(Checkpoint tensors, String name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor.dtype() != DType.F32 || tensor.shape().rank() != 2 || tensor.shape().size() == 0) {
      throw damaged(tensors, tensor, "is " + tensor.dtype() + tensor.shape());
    }
    return tensor;
  }

  private static InvalidCheckpointException damaged(
      Checkpoint tensors, StoredTensor tensor, String what) {
    return new InvalidCheckpointException(
        "Tensor "
            + tensor.name()
            + " of calibration statistics "
            + tensors.source()
            + " "
            + what
            + "; calibrate again.");
  }

  /** The extents that the moments of inputs of so many channels have. */
  static Shape shape(int channels) {
    return Shape.of(channels, channels);
  }
}
