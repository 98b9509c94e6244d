package org.viditq.tensorrt.standin;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.viditq.core.tensor.Shape;
import org.viditq.tensorrt.engine.Profile;

/**
 * What an engine's file holds here: where the graph lies, and the profile.
 *
 * @param graph an ONNX file
 */
record StandInPlan(Path graph, Profile profile) {
  private static final String GRAPH = "graph";

  byte[] write() {
    Properties properties = new Properties();
    properties.setProperty(GRAPH, graph.toString());
    profile
        .inputs()
        .forEach(
            (name, range) ->
                properties.setProperty(
                    "input." + name,
                    text(range.min()) + ";" + text(range.opt()) + ";" + text(range.max())));
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      properties.store(bytes, null);
      return bytes.toByteArray();
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  static StandInPlan read(byte[] bytes) throws IOException {
    Properties properties = new Properties();
    properties.load(new ByteArrayInputStream(bytes));
    Map<String, Profile.Range> ranges = new LinkedHashMap<>();
    for (String key : new TreeSet<>(properties.stringPropertyNames())) {
      if (key.startsWith("input.")) {
        Shape[] shapes =
            Arrays.stream(properties.getProperty(key).split(";"))
                .map(StandInPlan::shape)
                .toArray(Shape[]::new);
        ranges.put(
            key.substring("input.".length()), new Profile.Range(shapes[0], shapes[1], shapes[2]));
      }
    }
    return new StandInPlan(Path.of(properties.getProperty(GRAPH)), new Profile(ranges));
  }

  private static String text(Shape shape) {
    return Arrays.stream(shape.toArray())
        .mapToObj(String::valueOf)
        .collect(Collectors.joining(","));
  }

  private static Shape shape(String text) {
    return Shape.of(Arrays.stream(text.split(",")).mapToInt(Integer::parseInt).toArray());
  }
}
