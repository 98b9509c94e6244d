package org.viditq.cli.export;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Consumer;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.Printable;
import org.viditq.onnx.GraphFile;

/**
 * The configuration that Triton serves a network by: a {@code ModelConfig} of Triton's {@code
 * model_config.proto} in protocol buffers' text format. Batches are an extent like others ({@code
 * max_batch_size} 0), as all inputs of a network have the same one.
 */
final class TritonConfig {
  /** Who runs the network. */
  enum Server {
    /** The graph, our plugins being custom operators of ONNX Runtime, on the CPU. */
    ONNXRUNTIME("model.onnx", "KIND_CPU"),
    /** An engine that was built from it, on a GPU. */
    TENSORRT("model.plan", "KIND_GPU");

    private final String file;
    private final String kind;

    Server(String file, String kind) {
      this.file = file;
      this.kind = kind;
    }

    /** The model's file in the folder of its version. */
    String file() {
      return file;
    }
  }

  /** The custom operators of ONNX Runtime, looked for in LD_LIBRARY_PATH. */
  static final String OPERATORS = "libviditq_ort.so";

  private TritonConfig() {}

  /**
   * @param name of the model, which is that of its folder
   */
  static String of(String name, GraphFile graph, Server server) {
    StringBuilder text = new StringBuilder();
    text.append("name: ").append(quoted(name)).append('\n');
    text.append("backend: ")
        .append(quoted(server.name().toLowerCase(Locale.ROOT)))
        .append('\n')
        .append("default_model_filename: ")
        .append(quoted(server.file()))
        .append('\n')
        .append("max_batch_size: 0\n");
    graph.inputs().forEach(input -> append(text, "input", input));
    graph.outputs().forEach(output -> append(text, "output", output));
    message(
        text,
        "instance_group",
        fields -> fields.append("  kind: ").append(server.kind).append("\n  count: 1\n"));
    if (server == Server.ONNXRUNTIME && graph.usesPlugins()) {
      message(
          text,
          "model_operations",
          fields ->
              fields.append("  op_library_filename: ").append(quoted(OPERATORS)).append('\n'));
    }
    return text.toString();
  }

  /** Of several networks as one model. */
  static String of(TritonEnsemble ensemble) {
    StringBuilder text = new StringBuilder();
    text.append("name: ").append(quoted(TritonEnsemble.NAME)).append('\n');
    text.append("platform: \"ensemble\"\nmax_batch_size: 0\n");
    ensemble.inputs().forEach(input -> append(text, "input", input));
    ensemble.outputs().forEach(output -> append(text, "output", output));
    message(
        text,
        "ensemble_scheduling",
        fields ->
            ensemble
                .steps()
                .forEach(step -> message(fields, "step", inner -> append(inner, step))));
    return text.toString();
  }

  private static void append(StringBuilder text, TritonEnsemble.Step step) {
    text.append("  model_name: ").append(quoted(step.network())).append("\n  model_version: -1\n");
    appendMap(text, "input_map", step.inputs());
    appendMap(text, "output_map", step.outputs());
  }

  private static void appendMap(StringBuilder text, String field, Map<String, String> names) {
    names.forEach(
        (key, value) ->
            text.append("  ")
                .append(field)
                .append(" { key: ")
                .append(quoted(key))
                .append(" value: ")
                .append(quoted(value))
                .append(" }\n"));
  }

  private static void append(StringBuilder text, String field, GraphFile.Value value) {
    message(
        text,
        field,
        fields ->
            fields
                .append("  name: ")
                .append(quoted(value.name()))
                .append("\n  data_type: ")
                .append(type(value))
                .append("\n  dims: ")
                .append(dims(value.extents()))
                .append('\n'));
  }

  private static void message(StringBuilder text, String name, Consumer<StringBuilder> fields) {
    text.append(name).append(" {\n");
    fields.accept(text);
    text.append("}\n");
  }

  /** Open extents are -1. */
  private static String dims(List<String> extents) {
    StringJoiner dims = new StringJoiner(", ", "[ ", " ]");
    extents.forEach(extent -> dims.add(GraphFile.Value.isNumber(extent) ? extent : "-1"));
    return dims.toString();
  }

  /** Triton's name of ONNX's type. */
  static String type(GraphFile.Value value) {
    return switch (value.type()) {
      case 1 -> "TYPE_FP32";
      case 2 -> "TYPE_UINT8";
      case 3 -> "TYPE_INT8";
      case 6 -> "TYPE_INT32";
      case 7 -> "TYPE_INT64";
      case 9 -> "TYPE_BOOL";
      case 10 -> "TYPE_FP16";
      case 16 -> "TYPE_BF16";
      default ->
          throw new InvalidModelException(
              "Triton has no type for "
                  + Printable.name(value.name())
                  + ", which is of ONNX's type "
                  + value.type()
                  + ".");
    };
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }
}
