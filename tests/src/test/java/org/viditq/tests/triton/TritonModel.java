package org.viditq.tests.triton;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.viditq.cli.Main;

/** Configurations of Triton as its schema reads them. */
final class TritonModel {
  private TritonModel() {}

  /**
   * A call of a network in an ensemble.
   *
   * @param inputs names in the ensemble by those of the network
   * @param outputs likewise
   */
  record Step(String network, Map<String, String> inputs, Map<String, String> outputs) {}

  /**
   * Makes a repository, in the plugin dialect unless the arguments say otherwise.
   *
   * @return the exit code
   */
  static int export(String model, Object... arguments) {
    Stream<Object> first = Stream.of("export", "--model", model, "--triton");
    Stream<Object> dialect =
        Stream.of(arguments).anyMatch("--dialect"::equals)
            ? Stream.of()
            : Stream.of("--dialect", "plugin");
    String[] all =
        Stream.concat(Stream.concat(first, dialect), Stream.of(arguments))
            .map(Object::toString)
            .toArray(String[]::new);
    return Main.run(new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter()), all);
  }

  static DynamicMessage parse(Path file) throws IOException {
    return TritonSchema.parse(Files.readString(file));
  }

  static Object get(DynamicMessage message, String field) {
    FieldDescriptor descriptor = message.getDescriptorForType().findFieldByName(field);
    Object value = message.getField(descriptor);
    return value instanceof EnumValueDescriptor named ? named.getName() : value;
  }

  @SuppressWarnings("unchecked")
  static List<DynamicMessage> all(DynamicMessage message, String field) {
    return (List<DynamicMessage>) get(message, field);
  }

  /** The calls of an ensemble, in order. */
  static List<Step> steps(DynamicMessage ensemble) {
    DynamicMessage scheduling = (DynamicMessage) get(ensemble, "ensemble_scheduling");
    return all(scheduling, "step").stream()
        .map(
            step ->
                new Step(
                    (String) get(step, "model_name"),
                    map(step, "input_map"),
                    map(step, "output_map")))
        .toList();
  }

  private static Map<String, String> map(DynamicMessage step, String field) {
    Map<String, String> map = new TreeMap<>();
    all(step, field)
        .forEach(entry -> map.put((String) get(entry, "key"), (String) get(entry, "value")));
    return map;
  }
}
