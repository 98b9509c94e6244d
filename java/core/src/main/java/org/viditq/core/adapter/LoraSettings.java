package org.viditq.core.adapter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Pattern;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.Printable;
import org.viditq.core.io.StrictJson;

/**
 * What an adapter says about its scaling outside of its tensors: PEFT's {@code adapter_config.json}
 * beside {@code adapter_model.safetensors}, or diffusers' {@code lora_adapter_metadata} in the
 * file's own metadata. Without either the change is taken as it is, alpha being the rank.
 */
final class LoraSettings {
  private static final String CONFIG = "adapter_config.json";
  private static final String METADATA = "lora_adapter_metadata";

  /** Initialisations that leave the model's own weights as they are. */
  private static final Set<String> HARMLESS_STARTS =
      Set.of("true", "false", "gaussian", "eva", "orthogonal");

  /** A layer's name as it is; in PEFT's eyes it is a regular expression. */
  private static final Pattern LITERAL = Pattern.compile("\\^?(?:[\\w.-]|\\\\\\.)+");

  private final OptionalDouble alpha;
  private final Map<String, Double> alphaPattern;
  private final boolean squareRoot;

  private LoraSettings(OptionalDouble alpha, Map<String, Double> alphaPattern, boolean squareRoot) {
    this.alpha = alpha;
    this.alphaPattern = alphaPattern;
    this.squareRoot = squareRoot;
  }

  /**
   * @param path the adapter's file or folder
   * @throws InvalidModelException naming a key that asks for what is not supported
   */
  static LoraSettings of(Path path, Checkpoint weights) {
    Path folder = Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
    boolean ofPeft =
        Files.isDirectory(path) || path.getFileName().toString().startsWith("adapter_model");
    Path config = folder.resolve(CONFIG);
    if (ofPeft && Files.exists(config)) {
      return read(JsonConfig.read(config));
    }
    String metadata = weights.metadata().get(METADATA);
    return metadata == null
        ? new LoraSettings(OptionalDouble.empty(), Map.of(), false)
        : read(ofTransformer(metadata, weights.source() + " at " + METADATA));
  }

  /** diffusers writes the settings of all parts of a pipeline, each behind the part's name. */
  private static JsonConfig ofTransformer(String metadata, String source) {
    JsonConfig all;
    try {
      all = JsonConfig.of(StrictJson.parse(metadata.getBytes(StandardCharsets.UTF_8)), source);
    } catch (JsonProcessingException malformed) {
      throw new InvalidModelException(
          source + " is not valid JSON: " + StrictJson.describe(malformed) + ".", malformed);
    } catch (IOException impossible) {
      throw new InvalidModelException(source + " cannot be read.", impossible);
    }
    ObjectNode own = JsonNodeFactory.instance.objectNode();
    all.node()
        .fields()
        .forEachRemaining(
            entry -> {
              String key = entry.getKey();
              if (key.startsWith("transformer.") || key.startsWith("unet.")) {
                own.set(key.substring(key.indexOf('.') + 1), entry.getValue());
              } else if (key.indexOf('.') < 0) {
                own.set(key, entry.getValue());
              }
            });
    return JsonConfig.of(own, source);
  }

  private static LoraSettings read(JsonConfig config) {
    if (!config.getString("peft_type", "LORA").equals("LORA")) {
      throw config.invalid("peft_type", "LORA; adapters of other kinds are not supported");
    }
    if (config.getBoolean("use_dora", false)) {
      throw config.invalid("use_dora", "false; DoRA adapters are not supported");
    }
    if (config.has("layer_replication")) {
      throw config.invalid("layer_replication", "null; replicated layers are not supported");
    }
    if (config.has("init_lora_weights")
        && !HARMLESS_STARTS.contains(config.node().get("init_lora_weights").asText())) {
      throw config.invalid(
          "init_lora_weights",
          "true, false or gaussian; adapters that change the model's own weights first are not"
              + " supported");
    }
    Map<String, Double> patterns = new LinkedHashMap<>();
    if (config.has("alpha_pattern")) {
      JsonConfig alphas = config.getObject("alpha_pattern");
      alphas
          .node()
          .fieldNames()
          .forEachRemaining(name -> patterns.put(literal(name, alphas), finite(name, alphas)));
    }
    return new LoraSettings(
        config.has("lora_alpha")
            ? OptionalDouble.of(finite("lora_alpha", config))
            : OptionalDouble.empty(),
        patterns,
        config.getBoolean("use_rslora", false));
  }

  private static double finite(String key, JsonConfig config) {
    double value = config.getDouble(key);
    if (!Double.isFinite(value)) {
      throw config.invalid(key, "a finite number");
    }
    return value;
  }

  private static String literal(String name, JsonConfig patterns) {
    if (!LITERAL.matcher(name).matches()) {
      throw new InvalidModelException(
          patterns.source()
              + " has the key "
              + Printable.name(name)
              + ", a regular expression; only names of layers are supported there.");
    }
    return name.replace("\\.", ".");
  }

  /** Alpha of a layer; empty where the rank stands for it. */
  OptionalDouble alpha(String layer) {
    for (Map.Entry<String, Double> entry : alphaPattern.entrySet()) {
      if (matches(entry.getKey(), layer)) {
        return OptionalDouble.of(entry.getValue());
      }
    }
    return alpha;
  }

  /**
   * As PEFT matches: the whole name, or its end behind a dot; only the whole one behind {@code ^}.
   */
  private static boolean matches(String pattern, String layer) {
    if (pattern.startsWith("^")) {
      return LayerDirectory.spellings(layer).contains(pattern.substring(1));
    }
    return layer.equals(pattern) || layer.endsWith("." + pattern);
  }

  /** What alpha is divided by: the rank, or its square root (rank-stabilized LoRA). */
  double divisor(int rank) {
    return squareRoot ? Math.sqrt(rank) : rank;
  }
}
