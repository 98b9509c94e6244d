package org.viditq.quantize.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.CodeLayout;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.LowRankBranch;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.weight.StoredWeightCodes;

/** Reads one quantized layer, taking nothing in the file for granted. */
final class LayerReader {
  private static final int PIECE = 1 << 16;
  private static final int MAX_BLOCK = 1 << 15;
  private static final int MAX_RANK = 1 << 15;

  private final Checkpoint checkpoint;
  private final String layer;
  private final Consumer<String> read;

  /**
   * @param read told the name of every tensor that belongs to the layer
   */
  LayerReader(Checkpoint checkpoint, String layer, Consumer<String> read) {
    this.checkpoint = checkpoint;
    this.layer = layer;
    this.read = read;
  }

  /**
   * @param json the layer's entry as {@link LayerJson} describes it
   */
  QuantizedLinearParameters read(JsonNode json) {
    List<LayerDescription.StoredWeight> weights = new ArrayList<>();
    for (JsonNode weight : array(json, "weights")) {
      weights.add(weight(TensorNames.weightPrefix(layer, weights.size()), weight));
    }
    List<ActivationQuantization> activations = new ArrayList<>();
    for (JsonNode activation : array(json, "activations")) {
      activations.add(
          activation(TensorNames.activationPrefix(layer, activations.size()), activation));
    }
    List<LayerDescription.Set> sets = new ArrayList<>();
    for (JsonNode set : array(json, "sets")) {
      sets.add(
          new LayerDescription.Set(
              range(set),
              integer(set, "weight", 0, weights.size() - 1),
              integer(set, "activation", 0, activations.size() - 1),
              correction(set, sets.size())));
    }
    Optional<Tensor> bias =
        checkpoint.contains(layer + ".bias")
            ? Optional.of(checkpoint.get(layer + ".bias").toFiniteTensor())
            : Optional.empty();
    try {
      return new LayerDescription(weights, activations, sets, branch(json)).toLayer(layer, bias);
    } catch (ShapeException contradiction) {
      throw new InvalidCheckpointException(
          checkpoint.source() + ": " + contradiction.getMessage(), contradiction);
    }
  }

  private LayerDescription.StoredWeight weight(String prefix, JsonNode json) {
    IntegerFormat format = format(json);
    StoredWeightCodes codes =
        CodeLayout.of(format) == CodeLayout.NIBBLES
            ? packedCodes(prefix, format)
            : byteCodes(prefix, format);
    int rows = codes.rows();
    float[] scale = positives(prefix + "weight_scale", Shape.of(rows, 1));
    int[] zeroPoint =
        format.symmetric()
            ? new int[rows]
            : codes.layout() == CodeLayout.NIBBLES
                ? packedZeroPoints(prefix + "weight_zero_point", rows)
                : zeroPoints(prefix + "weight_zero_point", Shape.of(rows, 1), format);
    requireFiniteWeights(prefix + "weight_scale", scale, zeroPoint, format);
    Optional<float[]> balance =
        bool(json, "balanced")
            ? Optional.of(positives(prefix + "balance", Shape.of(codes.columns())))
            : Optional.empty();
    return new LayerDescription.StoredWeight(
        new QuantizedWeight(codes, new AffineGrid(format, scale, zeroPoint)),
        balance,
        json.has("rotation") ? Optional.of(rotation(json.get("rotation"))) : Optional.empty());
  }

  private Rotation rotation(JsonNode json) {
    Rotation.Kind kind;
    switch (json.path("matrix").asText()) {
      case "hadamard":
        kind = Rotation.Kind.HADAMARD;
        break;
      case "regular":
        kind = Rotation.Kind.REGULAR;
        break;
      default:
        throw metadata("the matrix of a rotation is " + json.path("matrix"));
    }
    int block = integer(json, "block", 2, MAX_BLOCK);
    if (!Rotation.exists(kind, block)) {
      throw metadata("the block of a rotation is " + block + ", which no such matrix has");
    }
    if (json.has("seed") && !json.get("seed").canConvertToLong()) {
      throw metadata("the seed of a rotation is " + json.get("seed"));
    }
    return new Rotation(
        kind,
        block,
        json.has("seed") ? OptionalLong.of(json.get("seed").longValue()) : OptionalLong.empty());
  }

  private Optional<float[]> correction(JsonNode set, int k) {
    if (!set.has("corrected") || !bool(set, "corrected")) {
      return Optional.empty();
    }
    return Optional.of(finite(TensorNames.correction(layer, k), DType.F32, 1).data());
  }

  private Optional<LowRankBranch> branch(JsonNode json) {
    if (!json.has("low_rank")) {
      return Optional.empty();
    }
    int rank = integer(json, "low_rank", 1, MAX_RANK);
    Tensor down = finite(TensorNames.lowRankDown(layer), DType.F16, 2);
    Tensor up = finite(TensorNames.lowRankUp(layer), DType.F16, 2);
    if (down.dim(0) != rank || up.dim(1) != rank) {
      throw damaged(TensorNames.lowRankDown(layer), "is not of rank " + rank);
    }
    return Optional.of(new LowRankBranch(down, up));
  }

  private Tensor finite(String name, DType dtype, int rank) {
    return require(name, dtype, rank).toFiniteTensor();
  }

  private StoredWeightCodes byteCodes(String prefix, IntegerFormat format) {
    StoredTensor tensor = require(prefix + "weight", DType.I8, 2);
    if (format.bits() < 8) {
      requireWithin(tensor, format);
    }
    return new StoredWeightCodes(
        format, tensor.shape().dim(0), tensor.shape().dim(1), CodeLayout.BYTES, tensor);
  }

  private void requireWithin(StoredTensor tensor, IntegerFormat format) {
    int half = 1 << (format.bits() - 1);
    int size = tensor.shape().size();
    byte[] piece = new byte[Math.min(size, PIECE)];
    for (int start = 0; start < size; start += piece.length) {
      int count = Math.min(piece.length, size - start);
      tensor.copyBytes(start, piece, 0, count);
      for (int i = 0; i < count; i++) {
        if (piece[i] < -half || piece[i] >= half) {
          throw damaged(
              tensor.name(),
              "holds the code " + piece[i] + ", which has more than " + format.bits() + " bits");
        }
      }
    }
  }

  private StoredWeightCodes packedCodes(String prefix, IntegerFormat format) {
    StoredTensor packed = require(prefix + "weight_packed", DType.I32, 2);
    StoredTensor shape = require(prefix + "weight_shape", DType.I64, 1);
    long rows = shape.shape().size() == 2 ? shape.bytes().getLong(0) : -1;
    long columns = shape.shape().size() == 2 ? shape.bytes().getLong(Long.BYTES) : -1;
    if (rows != packed.shape().dim(0)
        || columns <= 0
        || (columns + 7) / 8 != packed.shape().dim(1)) {
      throw damaged(shape.name(), "does not go with weight_packed of shape " + packed.shape());
    }
    return new StoredWeightCodes(format, (int) rows, (int) columns, CodeLayout.NIBBLES, packed);
  }

  private ActivationQuantization activation(String prefix, JsonNode json) {
    IntegerFormat format = format(json);
    String mode = json.path("mode").asText();
    switch (mode) {
      case LayerJson.DYNAMIC_TOKEN:
        return new ActivationQuantization.DynamicToken(format);
      case LayerJson.DYNAMIC_TOKEN_SHARED:
        return new ActivationQuantization.DynamicTokenShared(format);
      case LayerJson.STATIC_TENSOR:
        return new ActivationQuantization.StaticTensor(staticGrid(prefix, format, Shape.of(1)));
      case LayerJson.STATIC_TOKEN:
        return new ActivationQuantization.StaticToken(
            staticGrid(prefix, format, require(prefix + "input_scale", DType.F32, 1).shape()));
      default:
        throw metadata("mode is " + json.path("mode"));
    }
  }

  private AffineGrid staticGrid(String prefix, IntegerFormat format, Shape shape) {
    return new AffineGrid(
        format,
        positives(prefix + "input_scale", shape),
        format.symmetric()
            ? new int[shape.size()]
            : zeroPoints(prefix + "input_zero_point", shape, format));
  }

  /** A scale that is finite itself may stand for weights that are not. */
  private void requireFiniteWeights(
      String name, float[] scale, int[] zeroPoint, IntegerFormat format) {
    for (int row = 0; row < scale.length; row++) {
      int steps =
          Math.max(
              Math.abs(format.maxCode() - zeroPoint[row]),
              Math.abs(format.minCode() - zeroPoint[row]));
      if (Float.isInfinite(scale[row] * steps)) {
        throw damaged(
            name, "holds " + scale[row] + ", with which weights of the layer exceed float32");
      }
    }
  }

  /** Finite values above zero. */
  private float[] positives(String name, Shape shape) {
    StoredTensor tensor = require(name, DType.F32, shape.rank());
    requireShape(tensor, shape);
    float[] values = tensor.toTensor().data();
    for (float value : values) {
      if (!(value > 0 && value < Float.POSITIVE_INFINITY)) {
        throw damaged(name, "holds " + value + ", but must be finite and above 0");
      }
    }
    return values;
  }

  private int[] zeroPoints(String name, Shape shape, IntegerFormat format) {
    StoredTensor tensor = require(name, DType.I8, shape.rank());
    requireShape(tensor, shape);
    int[] zeroPoints = new int[shape.size()];
    for (int i = 0; i < zeroPoints.length; i++) {
      zeroPoints[i] = tensor.bytes().get(i) + (1 << (format.bits() - 1));
      if (zeroPoints[i] < format.minCode() || zeroPoints[i] > format.maxCode()) {
        throw damaged(
            name,
            "holds "
                + tensor.bytes().get(i)
                + ", which is no zero point of "
                + format.bits()
                + " bits");
      }
    }
    return zeroPoints;
  }

  private int[] packedZeroPoints(String name, int rows) {
    StoredTensor tensor = require(name, DType.I32, 2);
    requireShape(tensor, Shape.of((rows + 7) / 8, 1));
    int[] zeroPoints = new int[rows];
    for (int i = 0; i < rows; i++) {
      zeroPoints[i] = tensor.bytes().getInt(i / 8 * Integer.BYTES) >>> 4 * (i % 8) & 0xf;
    }
    return zeroPoints;
  }

  private StoredTensor require(String name, DType dtype, int rank) {
    StoredTensor tensor = checkpoint.get(name);
    read.accept(name);
    if (tensor.dtype() != dtype || tensor.shape().rank() != rank) {
      throw damaged(
          name, "is " + tensor.dtype() + tensor.shape() + ", not " + dtype + " of rank " + rank);
    }
    return tensor;
  }

  private void requireShape(StoredTensor tensor, Shape shape) {
    if (!tensor.shape().equals(shape)) {
      throw damaged(tensor.name(), "has shape " + tensor.shape() + ", not " + shape);
    }
  }

  private IntegerFormat format(JsonNode json) {
    return new IntegerFormat(integer(json, "bits", 2, 8), bool(json, "symmetric"));
  }

  private TimestepRange range(JsonNode json) {
    double start = json.path("start").asDouble(Double.NaN);
    double end = json.path("end").asDouble(Double.NaN);
    if (!(start >= 0 && start < end && end <= TimestepRange.ALL.end())) {
      throw metadata("a timestep range is " + json);
    }
    return new TimestepRange(start, end);
  }

  private boolean bool(JsonNode json, String key) {
    if (!json.path(key).isBoolean()) {
      throw metadata(key + " is " + json.path(key));
    }
    return json.get(key).booleanValue();
  }

  private int integer(JsonNode json, String key, int min, int max) {
    JsonNode value = json.path(key);
    if (!value.canConvertToInt() || value.intValue() < min || value.intValue() > max) {
      throw metadata(key + " is " + value + ", not between " + min + " and " + max);
    }
    return value.intValue();
  }

  private JsonNode array(JsonNode json, String key) {
    if (!json.path(key).isArray() || json.get(key).isEmpty()) {
      throw metadata(key + " is no list of at least one entry");
    }
    return json.get(key);
  }

  private InvalidCheckpointException metadata(String what) {
    return new InvalidCheckpointException(
        checkpoint.source()
            + ": in the metadata of layer "
            + layer
            + ", "
            + what
            + "; quantize the model again.");
  }

  private InvalidCheckpointException damaged(String tensor, String what) {
    return new InvalidCheckpointException(
        "Tensor "
            + tensor
            + " of quantized checkpoint "
            + checkpoint.source()
            + " "
            + what
            + "; quantize the model again.");
  }
}
