package org.viditq.quantize.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.PrefixedCheckpoint;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.error.Printable;
import org.viditq.core.error.ShapeException;
import org.viditq.core.io.StrictJson;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.CodeLayout;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.weight.QuantizedLayers;
import org.viditq.quantize.weight.StoredWeightCodes;

/**
 * The int8 safetensors that ComfyUI and others exchange: of each quantized layer NAME the codes
 * {@code NAME.weight} I8 [out, in], {@code NAME.weight_scale} F32 (one value, or one per output
 * channel) and {@code NAME.comfy_quant} U8, JSON such as {@code {"format": "int8_tensorwise",
 * "convrot": true, "convrot_groupsize": 256}}. Weights and activations are symmetric, activations
 * have a grid per token at run time; with {@code convrot} both are rotated by regular Hadamard
 * matrices in groups. Everything else is stored as it is. Names may begin with {@code
 * model.diffusion_model.} or {@code diffusion_model.}.
 */
public final class ExchangedInt8 {
  private static final String MARK = ".comfy_quant";
  private static final String FORMAT = "int8_tensorwise";
  private static final int DEFAULT_GROUP = 256;
  private static final int MAX_MARK = 4096;
  private static final IntegerFormat EIGHT = IntegerFormat.symmetric(8);
  private static final List<String> PREFIXES =
      List.of("model.diffusion_model.", "diffusion_model.");

  private ExchangedInt8() {}

  static boolean recognizes(Checkpoint checkpoint) {
    return checkpoint.names().stream().anyMatch(name -> name.endsWith(MARK));
  }

  /**
   * @throws InvalidCheckpointException naming the file and the tensor that is missing or says
   *     something that is not known
   */
  static QuantizedCheckpoint read(Checkpoint file) {
    Checkpoint checkpoint = withoutPrefix(file);
    CheckpointParameters others = new CheckpointParameters(checkpoint);
    Map<String, QuantizedLinearParameters> layers = new LinkedHashMap<>();
    for (String name : checkpoint.names()) {
      if (name.endsWith(MARK)) {
        String layer = name.substring(0, name.length() - MARK.length());
        layers.put(layer, layer(checkpoint, layer));
        others.leaveOut(name, layer + ".weight", layer + ".weight_scale", layer + ".input_scale");
      }
    }
    QuantizedLayers quantized = new QuantizedLayers(layers);
    return new QuantizedCheckpoint(FORMAT, Origin.of(Map.of()), quantized, quantized.over(others));
  }

  private static Checkpoint withoutPrefix(Checkpoint file) {
    for (String prefix : PREFIXES) {
      if (file.names().stream().anyMatch(n -> n.startsWith(prefix) && n.endsWith(MARK))) {
        return new PrefixedCheckpoint(file, prefix);
      }
    }
    return file;
  }

  private static QuantizedLinearParameters layer(Checkpoint checkpoint, String layer) {
    JsonNode mark = mark(checkpoint, layer + MARK);
    if (!FORMAT.equals(mark.path("format").asText())) {
      throw damaged(
          checkpoint,
          layer + MARK,
          "has the format " + mark.path("format") + "; of these files " + FORMAT + " is read");
    }
    StoredTensor weight = checkpoint.get(layer + ".weight");
    if (weight.dtype() != DType.I8 || weight.shape().rank() != 2) {
      throw damaged(
          checkpoint,
          weight.name(),
          "is " + weight.dtype() + weight.shape() + ", not I8 [out, in]");
    }
    int out = weight.shape().dim(0);
    int in = weight.shape().dim(1);
    StoredWeightCodes codes = new StoredWeightCodes(EIGHT, out, in, CodeLayout.BYTES, weight);
    AffineGrid grid =
        new AffineGrid(EIGHT, scales(checkpoint, layer + ".weight_scale", out), new int[out]);
    Optional<Tensor> bias =
        checkpoint.contains(layer + ".bias")
            ? Optional.of(checkpoint.get(layer + ".bias").toFiniteTensor())
            : Optional.empty();
    try {
      return new QuantizedLinearParameters(
          layer,
          List.of(
              new WeightSet(
                  TimestepRange.ALL,
                  new QuantizedWeight(codes, grid),
                  Optional.empty(),
                  rotation(checkpoint, layer + MARK, mark),
                  new DynamicToken(EIGHT),
                  Optional.empty())),
          bias);
    } catch (ShapeException contradiction) {
      throw new InvalidCheckpointException(
          checkpoint.source() + ": " + contradiction.getMessage(), contradiction);
    }
  }

  private static JsonNode mark(Checkpoint checkpoint, String name) {
    StoredTensor tensor = checkpoint.get(name);
    if (tensor.dtype() != DType.U8 || tensor.sizeInBytes() > MAX_MARK) {
      throw damaged(
          checkpoint, name, "is " + tensor.dtype() + tensor.shape() + ", not the bytes of a text");
    }
    ByteBuffer bytes = tensor.bytes();
    byte[] text = new byte[bytes.remaining()];
    bytes.get(text);
    try {
      return StrictJson.parse(text);
    } catch (JsonProcessingException malformed) {
      throw damaged(checkpoint, name, "is no JSON");
    }
  }

  private static Optional<Rotation> rotation(Checkpoint checkpoint, String name, JsonNode mark) {
    if (!mark.path("convrot").asBoolean(false)) {
      return Optional.empty();
    }
    JsonNode group = mark.path("convrot_groupsize");
    int block = group.isMissingNode() ? DEFAULT_GROUP : group.asInt(0);
    if (!Rotation.exists(Rotation.Kind.REGULAR, block)) {
      throw damaged(
          checkpoint, name, "has groups of " + group + " channels, which is no power of four");
    }
    return Optional.of(new Rotation(Rotation.Kind.REGULAR, block, OptionalLong.empty()));
  }

  private static float[] scales(Checkpoint checkpoint, String name, int out) {
    StoredTensor tensor = checkpoint.get(name);
    int count = tensor.shape().size();
    if (tensor.dtype() != DType.F32 || count != 1 && count != out) {
      throw damaged(
          checkpoint,
          name,
          "is " + tensor.dtype() + tensor.shape() + ", not one F32 value or " + out);
    }
    float[] values = tensor.toFiniteTensor().data();
    float[] scales = new float[out];
    if (count == 1) {
      Arrays.fill(scales, values[0]);
    } else {
      System.arraycopy(values, 0, scales, 0, out);
    }
    for (float scale : scales) {
      if (!(scale > 0) || Float.isInfinite(scale * 128)) {
        throw damaged(checkpoint, name, "holds " + scale + ", which is no scale of int8 codes");
      }
    }
    return scales;
  }

  private static InvalidCheckpointException damaged(
      Checkpoint checkpoint, String tensor, String what) {
    return new InvalidCheckpointException(
        "Tensor "
            + Printable.name(tensor)
            + " of "
            + checkpoint.source()
            + " "
            + what
            + "; get the file anew, or another one.");
  }

  /**
   * Writes quantized layers, and everything else as it is, in this form.
   *
   * @param source the full-precision weights
   * @throws InvalidPlanException if a layer is quantized in a way that the form has no words for
   * @throws org.viditq.core.error.OutputException if the file cannot be written
   */
  public static void write(Path file, Checkpoint source, QuantizedLayers layers) {
    List<StoredTensor> tensors = new ArrayList<>();
    for (String name : source.names()) {
      int dot = name.lastIndexOf('.');
      if (!layers.layers().containsKey(dot < 0 ? name : name.substring(0, dot))) {
        tensors.add(source.get(name));
      }
    }
    layers
        .layers()
        .forEach(
            (name, layer) -> {
              requireWords(layer);
              tensors.addAll(LayerTensors.of(layer));
              byte[] mark = mark(layer).toString().getBytes(StandardCharsets.UTF_8);
              tensors.add(MemoryTensor.ofBytes(name + MARK, DType.U8, Shape.of(mark.length), mark));
            });
    SafetensorsWriter.write(file, tensors, Map.of("format", "pt"));
  }

  private static ObjectNode mark(QuantizedLinearParameters layer) {
    ObjectNode mark = JsonNodeFactory.instance.objectNode().put("format", FORMAT);
    layer
        .sets()
        .get(0)
        .rotation()
        .ifPresent(
            rotation -> mark.put("convrot", true).put("convrot_groupsize", rotation.block()));
    return mark.put("per_row", true);
  }

  private static void requireWords(QuantizedLinearParameters layer) {
    WeightSet set = layer.sets().get(0);
    boolean known =
        layer.sets().size() == 1
            && layer.branch().isEmpty()
            && set.balance().isEmpty()
            && set.correction().isEmpty()
            && set.weight().grid().format().equals(EIGHT)
            && set.activation().equals(new DynamicToken(EIGHT))
            && set.rotation()
                .map(r -> r.kind() == Rotation.Kind.REGULAR && r.seed().isEmpty())
                .orElse(true);
    if (!known) {
      throw new InvalidPlanException(
          "Layer "
              + layer.name()
              + " is not quantized as exchanged int8 files are: symmetric 8 bits of weights and of"
              + " dynamic activations, at most rotated by regular matrices; use plan convrot.");
    }
  }
}
