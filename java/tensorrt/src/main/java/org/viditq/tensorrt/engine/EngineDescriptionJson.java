package org.viditq.tensorrt.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.viditq.core.error.Printable;
import org.viditq.core.error.ShapeException;
import org.viditq.core.io.StrictJson;
import org.viditq.core.tensor.Shape;
import org.viditq.onnx.GraphFingerprint;
import org.viditq.tensorrt.engine.EngineException.Reason;
import org.viditq.tensorrt.engine.EngineTarget.Hardware;

/** {@link EngineDescription} as JSON, every field of which must be there and of its type. */
final class EngineDescriptionJson {
  private static final int VERSION = 1;
  private static final int MOST_RANK = 8;
  private static final String FORMAT = "viditq-engine";

  private EngineDescriptionJson() {}

  /**
   * @param source for messages
   * @throws EngineException if it is no description
   */
  static EngineDescription parse(byte[] json, String source) {
    try {
      Reader root = new Reader(StrictJson.parse(json), source, "");
      if (!root.text("format").equals(FORMAT)) {
        throw wrong(source, "it is of no engine");
      }
      if (root.number("version", 1, Integer.MAX_VALUE) != VERSION) {
        throw wrong(source, "it is of another version of viditq");
      }
      Reader target = root.object("target");
      List<Profile> profiles = new ArrayList<>();
      for (Reader profile : root.list("profiles")) {
        profiles.add(profile(profile));
      }
      if (profiles.isEmpty()) {
        throw wrong(source, "it has no profile");
      }
      return new EngineDescription(
          root.text("name"),
          root.number("bytes", 1, Long.MAX_VALUE),
          root.hash("sha256"),
          new GraphFingerprint(root.hash("structure"), root.hash("contents")),
          root.has("plugins") ? Optional.of(root.hash("plugins")) : Optional.empty(),
          root.flag("stripped"),
          new EngineTarget(
              target.text("tensorrt"),
              target.text("gpu"),
              target.text("capability"),
              target.text("driver")),
          hardware(root),
          root.flag("versionCompatible"),
          root.object("origin").texts(),
          profiles);
    } catch (JsonProcessingException e) {
      throw new EngineException(
          Reason.NOT_AN_ENGINE,
          source + " does not describe an engine: " + StrictJson.describe(e) + ".",
          e);
    }
  }

  private static Hardware hardware(Reader root) {
    String text = root.text("hardware");
    for (Hardware known : Hardware.values()) {
      if (known.name().equals(text)) {
        return known;
      }
    }
    throw wrong(root.source, "its hardware is " + Printable.name(text));
  }

  private static Profile profile(Reader profile) {
    Map<String, Profile.Range> inputs = new TreeMap<>();
    for (String name : profile.names()) {
      Reader input = profile.object(name);
      try {
        inputs.put(
            name, new Profile.Range(input.shape("min"), input.shape("opt"), input.shape("max")));
      } catch (ShapeException e) {
        throw wrong(profile.source, "its profile of " + Printable.name(name) + " does not rise");
      }
    }
    return new Profile(inputs);
  }

  static EngineException wrong(String source, String what) {
    return new EngineException(
        Reason.NOT_AN_ENGINE,
        source + " does not describe an engine: " + what + "; build it with 'viditq build'.");
  }

  /** The fields of an object, each of which must be there and of its type. */
  private record Reader(JsonNode node, String source, String path) {
    Reader {
      if (!node.isObject()) {
        throw wrong(source, (path.isEmpty() ? "it" : Printable.name(path)) + " is no object");
      }
    }

    private JsonNode field(String name) {
      JsonNode value = node.get(name);
      if (value == null) {
        throw wrong(source, "it has no " + Printable.name(path + name));
      }
      return value;
    }

    private EngineException of(String name, String what) {
      return wrong(source, Printable.name(path + name) + " is no " + what);
    }

    boolean has(String name) {
      return node.has(name);
    }

    String text(String name) {
      JsonNode value = field(name);
      if (!value.isTextual() || value.textValue().isEmpty() || value.textValue().length() > 1000) {
        throw of(name, "text");
      }
      return value.textValue();
    }

    String hash(String name) {
      String text = text(name);
      if (!text.matches("[0-9a-f]{64}")) {
        throw of(name, "SHA-256");
      }
      return text;
    }

    boolean flag(String name) {
      if (!field(name).isBoolean()) {
        throw of(name, "boolean");
      }
      return field(name).booleanValue();
    }

    long number(String name, long least, long most) {
      JsonNode value = field(name);
      if (!value.isIntegralNumber()
          || !value.canConvertToLong()
          || value.longValue() < least
          || value.longValue() > most) {
        throw of(name, "possible number");
      }
      return value.longValue();
    }

    Reader object(String name) {
      return new Reader(field(name), source, path + name + ".");
    }

    List<Reader> list(String name) {
      JsonNode value = field(name);
      if (!value.isArray()) {
        throw of(name, "list");
      }
      List<Reader> all = new ArrayList<>();
      for (JsonNode element : value) {
        all.add(new Reader(element, source, path + name + "."));
      }
      return all;
    }

    List<String> names() {
      List<String> names = new ArrayList<>();
      for (Iterator<String> all = node.fieldNames(); all.hasNext(); ) {
        names.add(all.next());
      }
      return names;
    }

    Map<String, String> texts() {
      Map<String, String> texts = new TreeMap<>();
      for (String name : names()) {
        texts.put(name, text(name));
      }
      return texts;
    }

    Shape shape(String name) {
      JsonNode value = field(name);
      if (!value.isArray() || value.size() > MOST_RANK) {
        throw of(name, "shape");
      }
      int[] dims = new int[value.size()];
      for (int i = 0; i < dims.length; i++) {
        JsonNode dim = value.get(i);
        if (!dim.isIntegralNumber() || !dim.canConvertToInt() || dim.intValue() < 1) {
          throw of(name, "shape");
        }
        dims[i] = dim.intValue();
      }
      try {
        return Shape.of(dims);
      } catch (RuntimeException tooLarge) {
        throw of(name, "shape");
      }
    }
  }

  /** What the file of a description holds. */
  static byte[] of(EngineDescription engine) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    ObjectNode root = nodes.objectNode();
    root.put("format", FORMAT).put("version", VERSION).put("name", engine.name());
    root.put("bytes", engine.bytes()).put("sha256", engine.sha256());
    GraphFingerprint graph = engine.graph();
    root.put("structure", graph.structure()).put("contents", graph.contents());
    engine.plugins().ifPresent(hash -> root.put("plugins", hash));
    root.put("stripped", engine.stripped());
    EngineTarget target = engine.target();
    root.putObject("target")
        .put("tensorrt", target.tensorRt())
        .put("gpu", target.gpu())
        .put("capability", target.capability())
        .put("driver", target.driver());
    root.put("hardware", engine.hardware().name());
    root.put("versionCompatible", engine.versionCompatible());
    ObjectNode facts = root.putObject("origin");
    engine.origin().forEach(facts::put);
    ArrayNode all = root.putArray("profiles");
    for (Profile profile : engine.profiles()) {
      ObjectNode inputs = all.addObject();
      profile
          .inputs()
          .forEach(
              (input, range) -> {
                ObjectNode object = inputs.putObject(input);
                put(object.putArray("min"), range.min());
                put(object.putArray("opt"), range.opt());
                put(object.putArray("max"), range.max());
              });
    }
    try {
      return (new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n")
          .getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static void put(ArrayNode array, Shape shape) {
    for (int dim : shape.toArray()) {
      array.add(dim);
    }
  }
}
