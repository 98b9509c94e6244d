package org.viditq.quantize.sensitivity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.Printable;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import org.viditq.core.io.StrictJson;
import org.viditq.core.model.LinearLayer;
import org.viditq.quantize.metric.clip.ClipMetric;

/**
 * Sensitivities as JSON; docs/formats.md has the keys. Nothing in it depends on time or machine.
 */
public final class SensitivityFile {
  private static final String FORMAT = "viditq-sensitivity";
  private static final int VERSION = 1;

  /** Far above what a sweep of a thousand layers gives. */
  private static final long MOST_BYTES = 256L << 20;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private SensitivityFile() {}

  /** Writes the file, whole or not at all. */
  public static void write(Path file, SensitivityTable table) {
    try (AtomicOutput output = AtomicOutput.file(file)) {
      Files.write(
          output.path(), MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(toJson(table)));
      output.commit();
    } catch (IOException e) {
      throw new OutputException("Cannot write " + file + ": " + IoReason.of(e) + ".", e);
    }
  }

  private static ObjectNode toJson(SensitivityTable table) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("format", FORMAT);
    root.put("format_version", VERSION);
    ObjectNode facts = root.putObject("facts");
    table.facts().forEach(facts::put);
    root.put("plan", table.planName());
    root.put("plan_yaml", table.planYaml());
    root.put("steps", table.steps());
    root.put("ranges", table.ranges());
    ArrayNode bits = root.putArray("bits");
    table.bits().forEach(bits::add);
    ArrayNode metrics = root.putArray("metrics");
    for (SensitivityTable.Metric metric : table.metrics()) {
      ObjectNode node = metrics.addObject();
      node.put("name", metric.id());
      node.put("direction", metric.direction().name().toLowerCase(Locale.ROOT));
      ArrayNode reference = node.putArray("full_precision");
      metric.reference().forEach(reference::add);
    }
    ArrayNode units = root.putArray("units");
    for (SensitivityTable.Unit unit : table.units()) {
      ObjectNode node = units.addObject();
      node.put("name", unit.name());
      node.put("type", unit.type().name().toLowerCase(Locale.ROOT));
      node.put("metric", unit.metric());
      ArrayNode layers = node.putArray("layers");
      for (SensitivityTable.Layer layer : unit.layers()) {
        ObjectNode entry = layers.addObject();
        entry.put("name", layer.name());
        ArrayNode published = entry.putArray("published");
        layer.published().forEach(published::add);
        entry.put("weights", layer.weights());
        ObjectNode bytes = entry.putObject("bytes");
        layer.bytes().forEach((width, size) -> bytes.put(Integer.toString(width), size));
      }
    }
    ArrayNode results = root.putArray("results");
    for (SensitivityTable.Result result : table.results()) {
      ObjectNode node = results.addObject();
      node.put("unit", result.unit());
      node.put("range", result.range());
      node.put("bits", result.bits());
      ObjectNode worsening = node.putObject("worsening");
      result
          .worsening()
          .forEach(
              (metric, values) -> {
                ArrayNode list = worsening.putArray(metric);
                for (double value : values) {
                  list.add(value);
                }
              });
    }
    return root;
  }

  /**
   * Reads a file.
   *
   * @throws InvalidModelException in one sentence, if it is not such a file or contradicts itself
   */
  public static SensitivityTable read(Path file) {
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new InvalidModelException(
            file + " is larger than " + (MOST_BYTES >> 20) + " MiB, which no sensitivities are.");
      }
      return parse(Files.readAllBytes(file), file.toString());
    } catch (IOException e) {
      throw new InvalidModelException(
          "Cannot read the sensitivities " + file + ": " + IoReason.of(e) + ".", e);
    }
  }

  /** As {@link #read}, of what a file holds. */
  static SensitivityTable parse(byte[] json, String source) {
    JsonNode root;
    try {
      root = StrictJson.parse(json);
    } catch (JsonProcessingException malformed) {
      throw new InvalidModelException(
          source + " is no JSON: " + StrictJson.describe(malformed) + ".", malformed);
    }
    return new Reader(source).table(root);
  }

  /** Typed access that says which value is wrong. */
  private static final class Reader {
    private final String source;

    Reader(String source) {
      this.source = source;
    }

    SensitivityTable table(JsonNode root) {
      if (!FORMAT.equals(root.path("format").asText())) {
        throw new InvalidModelException(
            source + " holds no sensitivities; make them with 'viditq sensitivity'.");
      }
      if (integer(root, "", "format_version", 0, Integer.MAX_VALUE) != VERSION) {
        throw invalid("format_version", Integer.toString(VERSION));
      }
      Map<String, String> facts = new LinkedHashMap<>();
      root.path("facts")
          .fields()
          .forEachRemaining(f -> facts.put(f.getKey(), f.getValue().asText()));
      int ranges = (int) integer(root, "", "ranges", 1, EqualRanges.MOST);
      List<Integer> bits = bits(root);
      List<SensitivityTable.Metric> metrics = metrics(root);
      List<SensitivityTable.Unit> units = units(root, metrics, bits);
      return new SensitivityTable(
          facts,
          text(root, "", "plan"),
          text(root, "", "plan_yaml"),
          (int) integer(root, "", "steps", 1, 100_000),
          ranges,
          bits,
          metrics,
          units,
          results(root, ranges, bits, metrics, units));
    }

    private List<Integer> bits(JsonNode root) {
      List<Integer> bits = new ArrayList<>();
      for (JsonNode element : list(root, "", "bits")) {
        if (!element.isIntegralNumber() || element.asInt() < 2 || element.asInt() > 8) {
          throw invalid("bits", "a list of widths from 2 to 8");
        }
        bits.add(element.asInt());
      }
      if (bits.isEmpty() || new HashSet<>(bits).size() < bits.size()) {
        throw invalid("bits", "a list of widths that differ, at least one");
      }
      return bits;
    }

    private List<SensitivityTable.Metric> metrics(JsonNode root) {
      List<SensitivityTable.Metric> metrics = new ArrayList<>();
      Set<String> known = new HashSet<>();
      for (JsonNode node : list(root, "", "metrics")) {
        String where = "metrics[" + metrics.size() + "].";
        List<Double> reference = new ArrayList<>();
        for (double value : numbers(node, where, "full_precision")) {
          reference.add(value);
        }
        String id = text(node, where, "name");
        if (!known.add(id)) {
          throw invalid(where + "name", "another name than those before");
        }
        if (!metrics.isEmpty() && reference.size() != metrics.get(0).reference().size()) {
          throw invalid(where + "full_precision", "as many values as those before have");
        }
        metrics.add(
            new SensitivityTable.Metric(
                id, constant(node, where, "direction", ClipMetric.Direction.class), reference));
      }
      if (metrics.isEmpty() || metrics.get(0).reference().isEmpty()) {
        throw invalid("metrics", "a list of metrics with a value per prompt, at least one");
      }
      return metrics;
    }

    private List<SensitivityTable.Unit> units(
        JsonNode root, List<SensitivityTable.Metric> metrics, List<Integer> bits) {
      List<SensitivityTable.Unit> units = new ArrayList<>();
      Set<String> layers = new HashSet<>();
      Set<String> names = new HashSet<>();
      for (JsonNode node : list(root, "", "units")) {
        String where = "units[" + units.size() + "].";
        String metric = text(node, where, "metric");
        if (metrics.stream().noneMatch(m -> m.id().equals(metric))) {
          throw invalid(where + "metric", "one of metrics");
        }
        List<SensitivityTable.Layer> own = new ArrayList<>();
        for (JsonNode entry : list(node, where, "layers")) {
          SensitivityTable.Layer layer = layer(entry, where + "layers[" + own.size() + "].", bits);
          if (!layers.add(layer.name())) {
            throw new InvalidModelException(
                source + ": layer " + Printable.name(layer.name()) + " is in two units.");
          }
          own.add(layer);
        }
        String name = text(node, where, "name");
        if (own.isEmpty() || !names.add(name)) {
          throw invalid(where + (own.isEmpty() ? "layers" : "name"), "not empty, and once only");
        }
        units.add(
            new SensitivityTable.Unit(
                name, constant(node, where, "type", LinearLayer.Type.class), metric, own));
      }
      if (units.isEmpty()) {
        throw invalid("units", "a list of units, at least one");
      }
      return units;
    }

    private SensitivityTable.Layer layer(JsonNode node, String where, List<Integer> bits) {
      List<String> published = new ArrayList<>();
      for (JsonNode element : list(node, where, "published")) {
        published.add(element.asText());
      }
      Map<Integer, Long> bytes = new TreeMap<>();
      for (int width : bits) {
        bytes.put(
            width,
            integer(node.path("bytes"), where + "bytes.", Integer.toString(width), 1, 1L << 50));
      }
      return new SensitivityTable.Layer(
          text(node, where, "name"),
          published,
          integer(node, where, "weights", 1, 1L << 50),
          bytes);
    }

    private List<SensitivityTable.Result> results(
        JsonNode root,
        int ranges,
        List<Integer> bits,
        List<SensitivityTable.Metric> metrics,
        List<SensitivityTable.Unit> units) {
      List<SensitivityTable.Result> results = new ArrayList<>();
      Set<List<Integer>> seen = new HashSet<>();
      for (JsonNode node : list(root, "", "results")) {
        String where = "results[" + results.size() + "].";
        int unit = (int) integer(node, where, "unit", 0, units.size() - 1L);
        int range = (int) integer(node, where, "range", 0, ranges - 1L);
        int width = (int) integer(node, where, "bits", 2, 8);
        if (!bits.contains(width)) {
          throw invalid(where + "bits", "one of bits");
        }
        if (!seen.add(List.of(unit, range, width))) {
          throw invalid(where + "unit", "measured once in a range and width");
        }
        Map<String, double[]> worsening = new LinkedHashMap<>();
        JsonNode values = node.path("worsening");
        for (SensitivityTable.Metric metric : metrics) {
          if (values.has(metric.id())) {
            double[] numbers = numbers(values, where + "worsening.", metric.id());
            if (numbers.length != metric.reference().size()) {
              throw invalid(
                  where + "worsening." + metric.id(), "as many values as there are prompts");
            }
            worsening.put(metric.id(), numbers);
          }
        }
        for (String needed : List.of(metrics.get(0).id(), units.get(unit).metric())) {
          if (!worsening.containsKey(needed)) {
            throw invalid(where + "worsening." + needed, "a value per prompt");
          }
        }
        results.add(new SensitivityTable.Result(unit, range, width, worsening));
      }
      return results;
    }

    private JsonNode list(JsonNode node, String where, String key) {
      if (!node.path(key).isArray()) {
        throw invalid(where + key, "a list");
      }
      return node.get(key);
    }

    private double[] numbers(JsonNode node, String where, String key) {
      JsonNode list = list(node, where, key);
      double[] values = new double[list.size()];
      for (int i = 0; i < values.length; i++) {
        if (!list.get(i).isNumber() || !Double.isFinite(list.get(i).asDouble())) {
          throw invalid(where + key, "a list of finite numbers");
        }
        values[i] = list.get(i).asDouble();
      }
      return values;
    }

    private String text(JsonNode node, String where, String key) {
      if (!node.path(key).isTextual() || node.get(key).textValue().isBlank()) {
        throw invalid(where + key, "a text");
      }
      return node.get(key).textValue();
    }

    private long integer(JsonNode node, String where, String key, long least, long most) {
      JsonNode value = node.path(key);
      if (!value.isIntegralNumber()
          || !value.canConvertToLong()
          || value.asLong() < least
          || value.asLong() > most) {
        throw invalid(where + key, "an integer from " + least + " to " + most);
      }
      return value.asLong();
    }

    private <T extends Enum<T>> T constant(JsonNode node, String where, String key, Class<T> type) {
      String word = text(node, where, key).toUpperCase(Locale.ROOT);
      for (T constant : type.getEnumConstants()) {
        if (constant.name().equals(word)) {
          return constant;
        }
      }
      throw invalid(where + key, "one of the " + key + "s that are known here");
    }

    private InvalidModelException invalid(String key, String expected) {
      return new InvalidModelException(
          source + ": " + Printable.name(key) + " must be " + Printable.name(expected) + ".");
    }
  }
}
