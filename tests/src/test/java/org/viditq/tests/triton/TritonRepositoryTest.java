package org.viditq.tests.triton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.viditq.tests.triton.TritonModel.all;
import static org.viditq.tests.triton.TritonModel.get;
import static org.viditq.tests.triton.TritonModel.parse;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.onnx.GraphFile;

/** Triton's configurations, parsed by its schema. */
class TritonRepositoryTest {
  private static final String SAMPLE = "../samples/pixart-mini";

  @TempDir Path folder;

  private int export(Object... arguments) {
    return TritonModel.export(SAMPLE, arguments);
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
    assertThat(export("--part", "all", "--steps", 3, "--out", out)).isZero();
    assertThat(out.toFile().list())
        .containsExactlyInAnyOrder("README.md", "text_encoder", "sampler", "vae", "pipeline");
    for (String name : List.of("text_encoder", "sampler", "vae")) {
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
    DynamicMessage sampler = parse(out.resolve("sampler").resolve("config.pbtxt"));
    assertThat(described(all(sampler, "input")))
        .containsEntry("noise", "TYPE_FP32 [-1, 4, -1, -1]")
        .containsEntry("guidance", "TYPE_FP32 [1]")
        .containsEntry("negative_mask", "TYPE_FP32 [-1, -1]")
        .hasSize(6);
    assertThat(described(all(sampler, "output")))
        .isEqualTo(Map.of("latents", "TYPE_FP32 [-1, 4, -1, -1]"));
    DynamicMessage encoder = parse(out.resolve("text_encoder").resolve("config.pbtxt"));
    assertThat(described(all(encoder, "input"))).containsEntry("input_ids", "TYPE_INT32 [-1, -1]");
    DynamicMessage vae = parse(out.resolve("vae").resolve("config.pbtxt"));
    assertThat(described(all(vae, "output")))
        .containsEntry("pictures", "TYPE_FP32 [-1, 3, -1, -1]");
    assertThat(Files.readString(out.resolve("README.md")))
        .contains("sampler text_encoder vae", "libviditq_ort.so", "`pipeline` is an ensemble")
        .contains("| `negative_input_ids` | INT32 | batch, tokens |")
        .doesNotContain("@");
    requireEnsemble(out.resolve("pipeline"));
  }

  private static void requireEnsemble(Path model) throws IOException {
    assertThat(model.resolve("1")).isEmptyDirectory();
    assertThat(model.resolve("config.pbtxt"))
        .hasSameTextualContentAs(model.resolve("configs").resolve("tensorrt.pbtxt"));
    DynamicMessage config = parse(model.resolve("config.pbtxt"));
    assertThat(get(config, "name")).isEqualTo("pipeline");
    assertThat(get(config, "platform")).isEqualTo("ensemble");
    assertThat(get(config, "backend")).isEqualTo("");
    assertThat(get(config, "max_batch_size")).isEqualTo(0);
    assertThat(described(all(config, "input")))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "input_ids", "TYPE_INT32 [-1, -1]",
                "mask", "TYPE_FP32 [-1, -1]",
                "negative_input_ids", "TYPE_INT32 [-1, -1]",
                "negative_mask", "TYPE_FP32 [-1, -1]",
                "noise", "TYPE_FP32 [-1, 4, -1, -1]",
                "guidance", "TYPE_FP32 [1]"));
    assertThat(described(all(config, "output")))
        .isEqualTo(Map.of("pictures", "TYPE_FP32 [-1, 3, -1, -1]"));
    List<TritonModel.Step> steps = TritonModel.steps(config);
    assertThat(steps)
        .extracting(TritonModel.Step::network)
        .containsExactly("text_encoder", "text_encoder", "sampler", "vae");
    // Triton wants every input of a network mapped, and every tensor computed once.
    Set<String> known = new HashSet<>(described(all(config, "input")).keySet());
    for (TritonModel.Step step : steps) {
      DynamicMessage network = parse(model.resolveSibling(step.network()).resolve("config.pbtxt"));
      assertThat(step.inputs().keySet()).isEqualTo(described(all(network, "input")).keySet());
      assertThat(known).containsAll(step.inputs().values());
      assertThat(described(all(network, "output")).keySet()).containsAll(step.outputs().keySet());
      step.outputs().values().forEach(name -> assertThat(known.add(name)).isTrue());
    }
  }

  @Test
  void withoutGuidanceThereAreNoNegativePrompts() throws Exception {
    Path out = folder.resolve("repository");
    assertThat(
            export(
                "--part", "all", "--steps", 2, "--guidance", 1, "--scheduler", "lcm", "--out", out))
        .isZero();
    DynamicMessage config = parse(out.resolve("pipeline").resolve("config.pbtxt"));
    assertThat(described(all(config, "input")))
        .containsEntry("step_noise", "TYPE_FP32 [2, -1, 4, -1, -1]")
        .containsOnlyKeys("input_ids", "mask", "noise", "step_noise");
    assertThat(TritonModel.steps(config)).hasSize(3);
  }

  @Test
  void aNetworkByItselfIsCalledStepByStep() throws Exception {
    Path out = folder.resolve("repository");
    assertThat(export("--part", "transformer", "--out", out)).isZero();
    assertThat(out.toFile().list()).containsExactlyInAnyOrder("README.md", "transformer");
    DynamicMessage transformer = parse(out.resolve("transformer").resolve("config.pbtxt"));
    assertThat(described(all(transformer, "input")))
        .containsEntry("latents", "TYPE_FP32 [-1, 4, -1, -1]")
        .containsEntry("timesteps", "TYPE_FP32 [-1]")
        .containsEntry("mask", "TYPE_FP32 [-1, -1]")
        .hasSize(4);
    assertThat(described(all(transformer, "output"))).containsOnlyKeys("prediction");
    assertThat(Files.readString(out.resolve("README.md")))
        .contains("For every step of the scheduler")
        .doesNotContain("@");
  }

  @Test
  void samplersWantStepsThatAreSums() {
    Path out = folder.resolve("repository");
    assertThat(export("--part", "all", "--scheduler", "iddpm", "--out", out)).isEqualTo(2);
    assertThat(export("--part", "all", "--steps", 0, "--out", out)).isEqualTo(2);
    assertThat(export("--part", "transformer", "--steps", 3, "--out", out)).isEqualTo(2);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  @Tag("slow")
  void quantizedNetworksNameTheLibraryOfTheirOperators() throws Exception {
    Path out = folder.resolve("repository");
    assertThat(export("--plan", "w8a8", "--part", "sampler", "--steps", 2, "--out", out)).isZero();
    DynamicMessage onnx = parse(out.resolve("sampler").resolve("config.pbtxt"));
    assertThat(get((DynamicMessage) get(onnx, "model_operations"), "op_library_filename"))
        .isEqualTo(List.of("libviditq_ort.so"));
    DynamicMessage tensorRt =
        parse(out.resolve("sampler").resolve("configs").resolve("tensorrt.pbtxt"));
    assertThat(tensorRt.getAllFields().keySet())
        .extracting(FieldDescriptor::getName)
        .doesNotContain("model_operations");
    assertThat(
            GraphFile.open(out.resolve("sampler").resolve("1").resolve("model.onnx")).usesPlugins())
        .isTrue();
  }

  @Test
  void onlyFoldersOfPluginsAreRepositories() {
    assertThat(export("--out", folder.resolve("x.onnx"))).isEqualTo(2);
    assertThat(export("--dialect", "portable", "--out", folder.resolve("x"))).isEqualTo(2);
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
