package org.viditq.quantize.calibrate;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_MT_DDRM;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * Collects {@link SecondMoments} while calibration batches go through a model. On the heap is what
 * one layer's input needs; the sums of all layers lie in {@link ScratchMemory}.
 *
 * <p>Of each input at most {@value #MAX_ROWS} rows count, evenly spread, and {@value #KEPT_ROWS} of
 * them are kept: tokens of a picture are alike, and the sums of a large model's widest layers take
 * as many operations per row as the layer itself does for thousands.
 */
public final class SecondMomentRecorder implements LinearObserver {
  private static final int MAX_ROWS = 512;
  private static final int KEPT_ROWS = 32;

  private final List<TimestepRange> ranges;
  private final Map<String, String> inputs = new LinkedHashMap<>();
  private final Map<String, Sums> sums = new LinkedHashMap<>();
  private int range;
  private int batch = -1;

  /**
   * @param ranges to take moments apart for, tiling the schedule
   */
  public SecondMomentRecorder(List<TimestepRange> ranges) {
    this.ranges = List.copyOf(ranges);
  }

  private static final class Sums {
    final int channels;
    final List<ByteBuffer> second = new ArrayList<>();
    final List<List<float[]>> rows = new ArrayList<>();

    /** Of rows, and how many there are. */
    final double[][] sum;

    Sums(int channels, int ranges) {
      this.channels = channels;
      this.sum = new double[ranges][channels + 1];
      int bytes = Math.multiplyExact(SecondMoments.shape(channels).size(), Float.BYTES);
      for (int r = 0; r < ranges; r++) {
        second.add(ScratchMemory.allocate(bytes));
        rows.add(new ArrayList<>());
      }
    }
  }

  /** Begins a batch; what is observed from now on belongs to it. */
  public void begin(double timestep) {
    batch++;
    range = 0;
    while (range < ranges.size() - 1 && timestep >= ranges.get(range).end()) {
      range++;
    }
  }

  /**
   * The rows of an input that count: all that is taken in of it.
   *
   * @param used [rows, in], whose moments count
   * @param kept [rows, in], which are kept as they are
   */
  public record Rows(Tensor used, Tensor kept) {}

  @Override
  public void observe(List<String> layers, Tensor x, int sequences) {
    add(layers, rows(layers.get(0), x));
  }

  /**
   * Chooses rows of an input of the batch that was begun.
   *
   * @param input for messages
   */
  public Rows rows(String input, Tensor x) {
    if (x.shape().rank() < 1 || x.size() == 0) {
      throw new ShapeException("Layer " + input + " got an empty input " + x.shape() + ".");
    }
    int rows = x.size() / x.dim(-1);
    Tensor used = choose(x, Math.min(rows, MAX_ROWS));
    for (float value : used.data()) {
      if (!Float.isFinite(value)) {
        throw new NonFiniteException(
            "The input of layer " + input + " holds NaN or infinity during calibration.");
      }
    }
    return new Rows(used, choose(x, Math.min(rows, KEPT_ROWS)));
  }

  /**
   * Takes in chosen rows.
   *
   * @param layers that have the input
   */
  public void add(List<String> layers, Rows rows) {
    String input = layers.get(0);
    int channels = rows.used().dim(1);
    layers.forEach(layer -> inputs.putIfAbsent(layer, input));
    Sums own = sums.computeIfAbsent(input, name -> new Sums(channels, ranges.size()));
    if (own.channels != channels) {
      throw new InvalidModelException(
          "Layer "
              + input
              + " got inputs of "
              + own.channels
              + " and of "
              + channels
              + " channels.");
    }
    DMatrixRMaj chosen = new DMatrixRMaj(rows.used().dim(0), channels);
    for (int i = 0; i < chosen.data.length; i++) {
      chosen.data[i] = rows.used().data()[i];
    }
    double[] sum = own.sum[range];
    for (int i = 0; i < chosen.data.length; i++) {
      sum[i % channels] += chosen.data[i];
    }
    sum[channels] += chosen.numRows;
    add(chosen, own.second.get(range).asFloatBuffer());
    for (int i = 0; i < rows.kept().dim(0); i++) {
      own.rows
          .get(range)
          .add(Arrays.copyOfRange(rows.kept().data(), i * channels, (i + 1) * channels));
    }
  }

  private Tensor choose(Tensor x, int used) {
    int channels = x.dim(-1);
    Tensor chosen = Tensor.zeros(used, channels);
    for (int i = 0; i < used; i++) {
      int row = chosenRow(i, used, x.size() / channels);
      System.arraycopy(x.data(), row * channels, chosen.data(), i * channels, channels);
    }
    return chosen;
  }

  /**
   * Evenly spread; from another place on in every batch, since rows are the places of a picture.
   */
  private int chosenRow(int i, int used, int rows) {
    int step = rows / used;
    return (int) ((long) i * rows / used) + batch % step;
  }

  private static void add(DMatrixRMaj x, FloatBuffer sum) {
    DMatrixRMaj product = new DMatrixRMaj(x.numCols, x.numCols);
    CommonOps_MT_DDRM.multTransA(x, x, product);
    float[] line = new float[x.numCols];
    for (int r = 0; r < x.numCols; r++) {
      sum.get(r * x.numCols, line);
      for (int c = 0; c < x.numCols; c++) {
        line[c] += (float) product.data[r * x.numCols + c];
      }
      sum.put(r * x.numCols, line);
    }
  }

  /** What was seen since the recorder was made. */
  public SecondMoments moments() {
    List<StoredTensor> tensors = new ArrayList<>();
    sums.forEach(
        (input, own) -> {
          for (int r = 0; r < ranges.size(); r++) {
            if (own.rows.get(r).isEmpty()) {
              continue;
            }
            tensors.add(
                MemoryTensor.ofBuffer(
                    SecondMoments.secondName(input, r),
                    DType.F32,
                    SecondMoments.shape(own.channels),
                    own.second.get(r)));
            Tensor sum = Tensor.zeros(1, own.channels + 1);
            for (int c = 0; c <= own.channels; c++) {
              sum.data()[c] = (float) own.sum[r][c];
            }
            tensors.add(MemoryTensor.of(SecondMoments.sumName(input, r), sum));
            tensors.add(
                MemoryTensor.of(SecondMoments.rowsName(input, r), matrix(own, own.rows.get(r))));
          }
        });
    Checkpoint checkpoint = new MemoryCheckpoint("calibration", tensors);
    return new SecondMoments(() -> checkpoint, ranges, inputs);
  }

  private static Tensor matrix(Sums own, List<float[]> rows) {
    Tensor matrix = Tensor.zeros(Shape.of(rows.size(), own.channels).toArray());
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, matrix.data(), i * own.channels, own.channels);
    }
    return matrix;
  }
}
