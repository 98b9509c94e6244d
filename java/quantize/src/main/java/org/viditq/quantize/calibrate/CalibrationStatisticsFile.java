package org.viditq.quantize.calibrate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.io.IoReason;
import org.viditq.core.io.Sha256;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.calibrate.CalibrationStatistics.Observation;

/**
 * Calibration statistics as a safetensors file; docs/formats.md lists the tensors. Anything that
 * does not fit together is an {@link InvalidCheckpointException} naming file and tensor.
 */
public final class CalibrationStatisticsFile {
  private static final String FORMAT = "viditq-calibration";
  private static final String VERSION = "2";
  private static final String TIMESTEPS = "timesteps";
  private static final String BRANCHES = "branch";
  private static final String LAYER = "layer.";
  private static final String BATCH = ".batch";
  private static final String INPUT = "input.";
  private static final String MOMENT_RANGES = "moment_ranges";
  private static final String MOMENT_INPUTS = "moment_inputs";

  private CalibrationStatisticsFile() {}

  /**
   * Writes all or nothing.
   *
   * @throws org.viditq.core.error.OutputException if the file cannot be written
   */
  public static void write(Path file, CalibrationStatistics statistics) {
    List<StoredTensor> tensors = new ArrayList<>();
    tensors.add(MemoryTensor.of(TIMESTEPS, vector(statistics.timesteps())));
    if (!statistics.branches().isEmpty()) {
      int[] branches = statistics.branches().stream().mapToInt(Integer::intValue).toArray();
      tensors.add(MemoryTensor.ofInts(BRANCHES, Shape.of(branches.length), branches));
    }
    for (String layer : statistics.layers()) {
      addLayer(tensors, LAYER + layer, statistics.observations(layer));
    }
    addInputs(tensors, statistics.inputs());
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", FORMAT);
    metadata.put("format_version", VERSION);
    metadata.put("model", statistics.model());
    metadata.put("layers", String.join("\n", statistics.layers()));
    metadata.put(
        "inputs",
        statistics.inputs().isEmpty()
            ? ""
            : String.join("\n", statistics.inputs().get(0).tensors().keySet()));
    if (statistics.secondMoments().isEmpty()) {
      SafetensorsWriter.write(file, tensors, metadata);
      return;
    }
    SecondMoments moments = statistics.secondMoments().get();
    metadata.put(MOMENT_RANGES, SecondMomentsText.ranges(moments.ranges()));
    metadata.put(MOMENT_INPUTS, SecondMomentsText.inputs(moments.inputs()));
    try (Checkpoint stored = moments.open()) {
      stored.names().stream()
          .filter(SecondMoments::isOwn)
          .forEach(name -> tensors.add(stored.get(name)));
      SafetensorsWriter.write(file, tensors, metadata);
    }
  }

  private static void addLayer(List<StoredTensor> tensors, String prefix, List<Observation> seen) {
    int n = seen.size();
    int channels = seen.get(0).input().channels();
    int[] batch = new int[n];
    int[] tokens = new int[n];
    float[] channelMax = new float[Math.multiplyExact(n, channels)];
    for (int i = 0; i < n; i++) {
      batch[i] = seen.get(i).batch();
      tokens[i] = seen.get(i).input().tokens();
      System.arraycopy(seen.get(i).input().channelMax(), 0, channelMax, i * channels, channels);
    }
    int total = Arrays.stream(tokens).sum();
    float[] min = new float[total];
    float[] max = new float[total];
    int at = 0;
    for (Observation observation : seen) {
      InputStatistics input = observation.input();
      System.arraycopy(input.tokenMin(), 0, min, at, input.tokens());
      System.arraycopy(input.tokenMax(), 0, max, at, input.tokens());
      at += input.tokens();
    }
    tensors.add(MemoryTensor.ofInts(prefix + BATCH, Shape.of(n), batch));
    tensors.add(MemoryTensor.ofInts(prefix + ".tokens", Shape.of(n), tokens));
    tensors.add(MemoryTensor.of(prefix + ".channel_max", Tensor.of(channelMax, n, channels)));
    tensors.add(MemoryTensor.of(prefix + ".token_min", Tensor.of(min, total)));
    tensors.add(MemoryTensor.of(prefix + ".token_max", Tensor.of(max, total)));
  }

  /**
   * Each input by its name. What batches share is stored once, which matters for encoded prompts:
   * they are by far the largest part, and the same at every step of a sampling.
   */
  private static void addInputs(List<StoredTensor> tensors, List<DenoiserInput> inputs) {
    if (inputs.isEmpty()) {
      return;
    }
    for (String name : inputs.get(0).tensors().keySet()) {
      List<Tensor> distinct = new ArrayList<>();
      int[] values = new int[inputs.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = indexOf(distinct, inputs.get(i).tensors().get(name));
      }
      for (int j = 0; j < distinct.size(); j++) {
        tensors.add(MemoryTensor.of(INPUT + name + "." + j, distinct.get(j)));
      }
      tensors.add(MemoryTensor.ofInts(INPUT + name + BATCH, Shape.of(values.length), values));
    }
  }

  private static int indexOf(List<Tensor> distinct, Tensor wanted) {
    for (int j = 0; j < distinct.size(); j++) {
      Tensor known = distinct.get(j);
      if (known.shape().equals(wanted.shape()) && Arrays.equals(known.data(), wanted.data())) {
        return j;
      }
    }
    distinct.add(wanted);
    return distinct.size() - 1;
  }

  /**
   * Reads statistics; call {@link CalibrationStatistics#requireModel} next.
   *
   * @throws InvalidCheckpointException if the file holds something else or is damaged
   * @throws org.viditq.core.error.NonFiniteException if a tensor holds NaN or infinity
   */
  public static CalibrationStatistics read(Path file) {
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      return new Reader(checkpoint, file).read();
    }
  }

  /**
   * SHA-256 of the file.
   *
   * @return 64 hexadecimal digits
   * @throws InvalidCheckpointException if it cannot be read
   */
  public static String fingerprint(Path file) {
    try (InputStream bytes = Files.newInputStream(file)) {
      MessageDigest digest = Sha256.begin();
      byte[] part = new byte[1 << 16];
      for (int n = bytes.read(part); n >= 0; n = bytes.read(part)) {
        digest.update(part, 0, n);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw new InvalidCheckpointException("Cannot read " + file + ": " + IoReason.of(e) + ".", e);
    }
  }

  private static Tensor vector(List<Double> values) {
    float[] vector = new float[values.size()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = values.get(i).floatValue();
    }
    return Tensor.of(vector, vector.length);
  }

  /** Takes nothing in the file for granted. */
  private static final class Reader {
    private final Checkpoint checkpoint;
    private final Path file;

    Reader(Checkpoint checkpoint, Path file) {
      this.checkpoint = checkpoint;
      this.file = file;
    }

    CalibrationStatistics read() {
      Map<String, String> metadata = checkpoint.metadata();
      if (!FORMAT.equals(metadata.get("format")) || !metadata.containsKey("model")) {
        throw new InvalidCheckpointException(
            checkpoint.source()
                + " holds no calibration statistics; make some with viditq calibrate.");
      }
      if (!VERSION.equals(metadata.get("format_version"))) {
        throw new InvalidCheckpointException(
            checkpoint.source()
                + " has statistics of format version "
                + metadata.get("format_version")
                + ", but this program reads version "
                + VERSION
                + "; calibrate again.");
      }
      List<Double> timesteps = new ArrayList<>();
      for (float timestep : floats(TIMESTEPS, 1).data()) {
        timesteps.add((double) timestep);
      }
      Map<String, List<Observation>> layers = new LinkedHashMap<>();
      metadata
          .getOrDefault("layers", "")
          .lines()
          .forEach(layer -> layers.put(layer, layer(LAYER + layer, timesteps.size())));
      return new CalibrationStatistics(
          metadata.get("model"),
          timesteps,
          inputs(timesteps),
          branches(timesteps.size()),
          layers,
          secondMoments());
    }

    private List<Integer> branches(int batches) {
      if (!checkpoint.contains(BRANCHES)) {
        return List.of();
      }
      int[] branches = ints(BRANCHES, 1);
      if (branches.length != batches || Arrays.stream(branches).anyMatch(b -> b != 0 && b != 1)) {
        throw damaged(BRANCHES, "does not have a branch, 0 or 1, per batch");
      }
      return Arrays.stream(branches).boxed().toList();
    }

    /** What they say is checked when a layer asks. */
    private Optional<SecondMoments> secondMoments() {
      Map<String, String> metadata = checkpoint.metadata();
      if (!metadata.containsKey(MOMENT_RANGES)) {
        return Optional.empty();
      }
      try {
        return Optional.of(
            new SecondMoments(
                () -> Checkpoints.open(file),
                SecondMomentsText.ranges(metadata.get(MOMENT_RANGES)),
                SecondMomentsText.inputs(metadata.getOrDefault(MOMENT_INPUTS, ""))));
      } catch (IllegalArgumentException malformed) {
        throw new InvalidCheckpointException(
            checkpoint.source()
                + " has metadata about second moments that cannot be read ("
                + malformed.getMessage()
                + "); calibrate again.",
            malformed);
      }
    }

    private List<Observation> layer(String prefix, int batches) {
      int[] batch = ints(prefix + BATCH, 1);
      int[] tokens = ints(prefix + ".tokens", 1);
      Tensor channelMax = floats(prefix + ".channel_max", 2);
      float[] min = floats(prefix + ".token_min", 1).data();
      float[] max = floats(prefix + ".token_max", 1).data();
      long total = Arrays.stream(tokens).asLongStream().filter(n -> n > 0).sum();
      if (batch.length == 0
          || tokens.length != batch.length
          || channelMax.dim(0) != batch.length
          || Arrays.stream(tokens).anyMatch(n -> n <= 0)
          || total != min.length
          || total != max.length) {
        throw damaged(prefix + ".tokens", "does not fit the other tensors of this layer");
      }
      List<Observation> seen = new ArrayList<>();
      int channels = channelMax.dim(1);
      int at = 0;
      for (int i = 0; i < batch.length; i++) {
        if (batch[i] < 0 || batch[i] >= batches) {
          throw damaged(prefix + BATCH, "names a batch that does not exist");
        }
        float[] row = Arrays.copyOfRange(channelMax.data(), i * channels, (i + 1) * channels);
        for (float value : row) {
          if (value < 0) {
            throw damaged(prefix + ".channel_max", "holds a negative magnitude");
          }
        }
        int end = at + tokens[i];
        seen.add(
            new Observation(
                batch[i],
                new InputStatistics(
                    row, Arrays.copyOfRange(min, at, end), Arrays.copyOfRange(max, at, end))));
        at = end;
      }
      return seen;
    }

    private List<DenoiserInput> inputs(List<Double> timesteps) {
      List<DenoiserInput> inputs = new ArrayList<>();
      String names = checkpoint.metadata().getOrDefault("inputs", "");
      if (names.isEmpty()) {
        return inputs;
      }
      Map<String, List<Tensor>> byName = new LinkedHashMap<>();
      names.lines().forEach(name -> byName.put(name, input(INPUT + name, timesteps.size())));
      for (int i = 0; i < timesteps.size(); i++) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Map.Entry<String, List<Tensor>> entry : byName.entrySet()) {
          tensors.put(entry.getKey(), entry.getValue().get(i));
        }
        inputs.add(input(tensors, i));
      }
      return inputs;
    }

    private DenoiserInput input(Map<String, Tensor> tensors, int batch) {
      try {
        return new DenoiserInput(tensors);
      } catch (ShapeException unfit) {
        throw new InvalidCheckpointException(
            "The inputs of batch "
                + batch
                + " of calibration statistics "
                + checkpoint.source()
                + " do not fit together ("
                + unfit.getMessage()
                + ") Calibrate again.",
            unfit);
      }
    }

    /** One tensor per batch. */
    private List<Tensor> input(String prefix, int batches) {
      int[] values = ints(prefix + BATCH, 1);
      if (values.length != batches) {
        throw damaged(prefix + BATCH, "does not have one entry per batch");
      }
      Map<Integer, Tensor> distinct = new LinkedHashMap<>();
      List<Tensor> perBatch = new ArrayList<>();
      for (int value : values) {
        perBatch.add(
            distinct.computeIfAbsent(
                value, j -> requireType(prefix + "." + j, DType.F32).toFiniteTensor()));
      }
      return perBatch;
    }

    private Tensor floats(String name, int rank) {
      return require(name, DType.F32, rank).toFiniteTensor();
    }

    private int[] ints(String name, int rank) {
      StoredTensor tensor = require(name, DType.I32, rank);
      int[] values = new int[tensor.shape().size()];
      tensor.bytes().asIntBuffer().get(values);
      return values;
    }

    private StoredTensor requireType(String name, DType dtype) {
      return require(name, dtype, checkpoint.get(name).shape().rank());
    }

    private StoredTensor require(String name, DType dtype, int rank) {
      StoredTensor tensor = checkpoint.get(name);
      if (tensor.dtype() != dtype || tensor.shape().rank() != rank) {
        throw damaged(
            name, "is " + tensor.dtype() + tensor.shape() + ", not " + dtype + " of rank " + rank);
      }
      return tensor;
    }

    private InvalidCheckpointException damaged(String tensor, String what) {
      return new InvalidCheckpointException(
          "Tensor "
              + tensor
              + " of calibration statistics "
              + checkpoint.source()
              + " "
              + what
              + "; calibrate again.");
    }
  }
}
