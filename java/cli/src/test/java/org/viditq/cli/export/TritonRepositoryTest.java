package org.viditq.cli.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.cli.Main;
import org.viditq.onnx.GraphFile;

/** Triton's configurations, parsed by its schema. */
class TritonRepositoryTest {
  private static final String SAMPLE = "../../samples/pixart-mini";

  @TempDir Path folder;

  private int export(Object... arguments) {
    String[] all =
        Stream.concat(Stream.of("export", "--model", SAMPLE, "--triton"), Stream.of(arguments))
            .map(Object::toString)
            .toArray(String[]::new);
    return Main.run(new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter()), all);
  }

  private static Object get(DynamicMessage message, String field) {
    FieldDescriptor descriptor = message.getDescriptorForType().findFieldByName(field);
    Object value = message.getField(descriptor);
    return value instanceof EnumValueDescriptor named ? named.getName() : value;
  }

  @SuppressWarnings("unchecked")
  private static List<DynamicMessage> all(DynamicMessage message, String field) {
    return (List<DynamicMessage>) get(message, field);
  }

  private static DynamicMessage parse(Path file) throws IOException {
    return TritonSchema.parse(Files.readString(file));
  }

  /** Name, type and extents of each. */
  private static Map<String, String> described(List<DynamicMessage> values) {
    Map<String, String> all = new TreeMap<>();
    for (DynamicMessage value : values) {
      all.put((String) get(value, "name"), get(value, "data_type") + " " + get(value, "dims"));
    }
    return all;
  }

  @Test
  void everyNetworkHasItsConfigurations() throws Exception {
    Path out = folder.resolve("repository");
    assertThat(export("--dialect", "plugin", "--part", "all", "--out", out)).isZero();
    assertThat(out.toFile().list())
        .containsExactlyInAnyOrder("README.md", "text_encoder", "transformer", "vae");
    for (String name : List.of("text_encoder", "transformer", "vae")) {
      Path model = out.resolve(name);
      assertThat(model.resolve("1").toFile().list())
          .containsExactlyInAnyOrder("model.onnx", "model.onnx.data");
      DynamicMessage onnx = parse(model.resolve("config.pbtxt"));
      DynamicMessage tensorRt = parse(model.resolve("configs").resolve("tensorrt.pbtxt"));
      assertThat(get(onnx, "name")).isEqualTo(name);
      assertThat(get(onnx, "backend")).isEqualTo("onnxruntime");
      assertThat(get(onnx, "default_model_filename")).isEqualTo("model.onnx");
      assertThat(get(all(onnx, "instance_group").get(0), "kind")).isEqualTo("KIND_CPU");
      assertThat(get(tensorRt, "backend")).isEqualTo("tensorrt");
      assertThat(get(tensorRt, "default_model_filename")).isEqualTo("model.plan");
      assertThat(get(all(tensorRt, "instance_group").get(0), "kind")).isEqualTo("KIND_GPU");
      assertThat(get(tensorRt, "max_batch_size")).isEqualTo(0);
      assertThat(get(tensorRt, "input")).isEqualTo(get(onnx, "input"));
      assertThat(get(tensorRt, "output")).isEqualTo(get(onnx, "output"));
    }
    DynamicMessage transformer = parse(out.resolve("transformer").resolve("config.pbtxt"));
    assertThat(described(all(transformer, "input")))
        .containsEntry("latents", "TYPE_FP32 [-1, 4, -1, -1]")
        .containsEntry("timesteps", "TYPE_FP32 [-1]")
        .containsEntry("mask", "TYPE_FP32 [-1, -1]")
        .hasSize(4);
    assertThat(described(all(transformer, "output"))).containsOnlyKeys("prediction");
    DynamicMessage encoder = parse(out.resolve("text_encoder").resolve("config.pbtxt"));
    assertThat(described(all(encoder, "input"))).containsEntry("input_ids", "TYPE_INT32 [-1, -1]");
    DynamicMessage vae = parse(out.resolve("vae").resolve("config.pbtxt"));
    assertThat(described(all(vae, "output")))
        .containsEntry("pictures", "TYPE_FP32 [-1, 3, -1, -1]");
    assertThat(Files.readString(out.resolve("README.md")))
        .contains("transformer text_encoder vae", "libviditq_ort.so")
        .doesNotContain("@");
  }

  @Test
  @Tag("slow")
  void quantizedNetworksNameTheLibraryOfTheirOperators() throws Exception {
    Path out = folder.resolve("repository");
    assertThat(export("--dialect", "plugin", "--plan", "w8a8", "--out", out)).isZero();
    DynamicMessage onnx = parse(out.resolve("transformer").resolve("config.pbtxt"));
    assertThat(get((DynamicMessage) get(onnx, "model_operations"), "op_library_filename"))
        .isEqualTo(List.of("libviditq_ort.so"));
    DynamicMessage tensorRt =
        parse(out.resolve("transformer").resolve("configs").resolve("tensorrt.pbtxt"));
    assertThat(tensorRt.getAllFields().keySet())
        .extracting(FieldDescriptor::getName)
        .doesNotContain("model_operations");
    assertThat(
            GraphFile.open(out.resolve("transformer").resolve("1").resolve("model.onnx"))
                .usesPlugins())
        .isTrue();
  }

  @Test
  void onlyFoldersOfPluginsAreRepositories() {
    assertThat(export("--dialect", "plugin", "--out", folder.resolve("x.onnx"))).isEqualTo(2);
    assertThat(export("--out", folder.resolve("x"))).isEqualTo(2);
    assertThat(folder).isEmptyDirectory();
  }

  /** The schema is strict, or the test above would show nothing. */
  @Test
  void whatIsNotInTheSchemaDoesNotParse() {
    for (String text :
        List.of(
            "names: \"x\"", "name: 3", "input { shape: 1 }", "input { data_type: TYPE_FLOAT }")) {
      assertThatThrownBy(() -> TritonSchema.parse(text))
          .isInstanceOf(TextFormat.ParseException.class);
    }
  }
}
