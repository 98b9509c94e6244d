package org.viditq.cli.build;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.error.BackendException;
import org.viditq.core.tensor.Shape;
import org.viditq.onnx.GraphFile;
import org.viditq.tensorrt.build.BuildListener;
import org.viditq.tensorrt.build.BuildOptions;
import org.viditq.tensorrt.engine.EngineDescription;
import org.viditq.tensorrt.engine.EngineTarget.Hardware;
import org.viditq.tensorrt.engine.Profile;

class BuildCommandTest {
  private static final Path SAMPLE = Path.of("..", "..", "samples", "pixart-mini");

  @TempDir Path folder;
  private final FakeBuilder builder = new FakeBuilder();

  private BuildRun build(Object... arguments) {
    Stream<Object> places = Stream.of("--model", SAMPLE, "--cache-folder", folder.resolve("cache"));
    return BuildRun.of(builder, Stream.concat(places, Stream.of(arguments)).toArray());
  }

  private BuildRun buildGraph(Object... arguments) {
    Stream<Object> places = Stream.of("--cache-folder", folder.resolve("cache"));
    return BuildRun.of(builder, Stream.concat(places, Stream.of(arguments)).toArray());
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** Files in a folder of the cache. */
  private long cached(String part) throws IOException {
    if (!Files.exists(folder.resolve("cache").resolve(part))) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(folder.resolve("cache").resolve(part))) {
      return files.filter(Files::isRegularFile).count();
    }
  }

  @Test
  void anEngineLiesBesideItsDescription() throws Exception {
    Path engine = folder.resolve("new").resolve("vae.engine");
    BuildRun run = build("--part", "vae", "--out", engine, "--json").succeeded();
    JsonNode json = new ObjectMapper().readTree(run.stdout());
    EngineDescription made = EngineDescription.read(engine);
    made.requireBytes(engine);
    assertThat(json.path("sha256").asText()).isEqualTo(made.sha256());
    assertThat(json.path("bytes").asLong()).isEqualTo(Files.size(engine));
    assertThat(engine).hasContent(made.graph().contents());
    assertThat(made.name()).isEqualTo("vae");
    assertThat(made.target()).isEqualTo(builder.target());
    assertThat(made.plugins()).isEmpty();
    assertThat(engine.getParent().toFile().list())
        .containsExactlyInAnyOrder("vae.engine", "vae.engine.json");
    assertThat(builder.options).isEqualTo(BuildOptions.DEFAULT);
    // What the model was trained for: one picture.
    assertThat(builder.profiles.get(0).inputs().get("latents").opt().dim(0)).isEqualTo(1);
  }

  @Test
  void theTransformerIsThatOfTheModel() throws Exception {
    Path engine = folder.resolve("t.engine");
    build(
            "--out",
            engine,
            "--opt",
            "size=64x128",
            "--max",
            "batch=4,tokens=150",
            "--min",
            "tokens=1")
        .succeeded();
    EngineDescription made = EngineDescription.read(engine);
    assertThat(made.origin()).containsOnlyKeys("model");
    assertThat(made.profiles()).isEqualTo(builder.profiles);
    Profile.Range latents = builder.profiles.get(0).inputs().get("latents");
    // Rows come before columns; the autoencoder's factor is 4.
    assertThat(latents.opt().dim(-2)).isEqualTo(128 / 4);
    assertThat(latents.opt().dim(-1)).isEqualTo(64 / 4);
    assertThat(latents.min()).isEqualTo(latents.opt());
    assertThat(latents.opt().dim(0)).isEqualTo(2);
    assertThat(latents.max().dim(0)).isEqualTo(4);
    Profile.Range mask = builder.profiles.get(0).inputs().get("mask");
    assertThat(mask.min()).isEqualTo(Shape.of(2, 1));
    assertThat(mask.max().dim(0)).isEqualTo(4);
  }

  @Test
  @Tag("slow")
  void aPlanIsPartOfWhatItWasMadeFrom() {
    Path engine = folder.resolve("w8a8.engine");
    build("--plan", "w8a8", "--out", engine).succeeded();
    EngineDescription made = EngineDescription.read(engine);
    assertThat(made.origin()).containsOnlyKeys("model", "plan");
    assertThat(made.plugins()).isEqualTo(builder.plugins());
  }

  @Test
  void theCacheKeepsWhatWasBuilt() throws Exception {
    BuildRun first = build("--part", "vae", "--cache").succeeded();
    assertThat(first.stderr()).contains("Exporting the vae");
    BuildRun second = build("--part", "vae", "--cache").succeeded();
    assertThat(second.stdout()).isEqualTo(first.stdout());
    // Found by what its graph is made of, which is not written again.
    assertThat(second.stderr()).doesNotContain("Exporting");
    assertThat(builder.calls).containsExactly("build", "close", "close");
    build("--part", "vae", "--opt", "batch=2", "--cache").succeeded();
    assertThat(builder.calls.stream().filter("build"::equals)).hasSize(2);
    // Two engines, two descriptions, and of the graph nothing but its fingerprint.
    assertThat(cached("engines")).isEqualTo(4);
    assertThat(cached("graphs")).isOne();
    assertThat(cached("")).isEqualTo(5);
    assertThat(names()).containsExactly("cache");
  }

  @Test
  void flagsReachTheBuilder() {
    build(
            "--part",
            "vae",
            "--cache",
            "--weights",
            "stripped",
            "--version-compatible",
            "--hardware",
            "ampere_and_later",
            "--workspace",
            "3 GiB",
            "--effort",
            "5")
        .succeeded();
    assertThat(builder.options)
        .isEqualTo(
            new BuildOptions(true, true, Hardware.AMPERE_AND_LATER, OptionalLong.of(3L << 30), 5));
  }

  @Test
  void aStrippedEngineIsFilled() throws Exception {
    Path stripped = folder.resolve("stripped.engine");
    Path full = folder.resolve("full.engine");
    build("--part", "vae", "--weights", "stripped", "--out", stripped).succeeded();
    assertThat(EngineDescription.read(stripped).stripped()).isTrue();
    build("--part", "vae", "--refit", stripped, "--out", full).succeeded();
    EngineDescription made = EngineDescription.read(full);
    assertThat(made.stripped()).isFalse();
    made.requireBytes(full);
    assertThat(full).hasContent(made.graph().contents());
    build("--part", "vae", "--refit", full, "--out", folder.resolve("x"))
        .failedWith(1, "has weights already");
    build("--part", "text_encoder", "--refit", stripped, "--out", folder.resolve("x"))
        .failedWith(1, "another model");
    Files.writeString(stripped, "changed!");
    build("--part", "vae", "--refit", stripped, "--out", folder.resolve("x")).failedWith(1, "hash");
    assertThat(names())
        .containsExactly(
            "cache", "full.engine", "full.engine.json", "stripped.engine", "stripped.engine.json");
  }

  @Test
  void aGraphIsBuiltForTheExtentsThatAreGiven() throws Exception {
    Path graph = exported();
    Path engine = folder.resolve("graph.engine");
    buildGraph("--onnx", graph, "--out", engine).failedWith(2, "is open", "--opt");
    buildGraph("--onnx", graph, "--out", engine, "--opt", "size=64x64")
        .failedWith(2, "--opt size goes with");
    buildGraph("--onnx", graph, "--out", engine, "--opt", "batch=1,height=8,width=8").succeeded();
    assertThat(EngineDescription.read(engine).graph())
        .isEqualTo(GraphFile.open(graph).fingerprint());
    assertThat(EngineDescription.read(engine).origin()).isEmpty();
  }

  /** The decoder, as the builder was given it. */
  private Path exported() {
    Path kept = folder.resolve("kept");
    FakeBuilder keeping =
        new FakeBuilder() {
          @Override
          public void build(
              GraphFile graph,
              List<Profile> all,
              BuildOptions how,
              Path target,
              BuildListener listener) {
            try {
              Files.createDirectory(kept);
              for (String name : List.of("model.onnx", "model.onnx.data")) {
                Files.copy(graph.file().resolveSibling(name), kept.resolve(name));
              }
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
            super.build(graph, all, how, target, listener);
          }
        };
    BuildRun.of(
            keeping,
            "--model",
            SAMPLE,
            "--part",
            "vae",
            "--cache",
            "--cache-folder",
            folder.resolve("cache"))
        .succeeded();
    return kept.resolve("model.onnx");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2 | --out OUT --cache | Give --out or --cache",
        "2 | --part vae | Give --out or --cache",
        "2 | --out OUT --onnx g.onnx | Give --model or --onnx",
        "2 | --part decoder --out OUT | --part is decoder",
        "2 | --part text_encoder_2 --out OUT | the pipeline has",
        "2 | --out OUT --effort 6 | 0 to 5",
        "2 | --out OUT --workspace large | --workspace is large",
        "2 | --out OUT --hardware h200 | h200",
        "2 | --out OUT --weights none | none",
        "2 | --cache --refit x | give --out",
        "2 | --out OUT --plan w8a8 --quantized x | not both",
        "2 | --part vae --out OUT --opt batch=0 | number from 1 up",
        "2 | --part vae --out OUT --opt batch=x | number from 1 up",
        "2 | --part vae --out OUT --opt size=8 x 8 | size",
        "2 | --part vae --out OUT --opt size=65x64 | multiples of 4",
        "2 | --part vae --out OUT --opt tokens=3 | no extent tokens",
        "2 | --part vae --out OUT --max batch=3 --min batch=2 | must rise",
        "1 | --part vae --out OUT --refit absent.engine | absent.engine.json",
      })
  void wrongUsageIsOneSentence(int code, String options, String message) throws IOException {
    Object[] arguments =
        Stream.of(options.replace("8 x 8", "8*8").split(" "))
            .map(word -> word.equals("OUT") ? folder.resolve("x.engine") : word)
            .toArray();
    build(arguments).failedWith(code, message);
    assertThat(names()).isSubsetOf("cache");
    assertThat(builder.calls).doesNotContain("build");
  }

  @Test
  void existingFilesAreKept() throws Exception {
    Path engine = Files.writeString(folder.resolve("x.engine"), "before");
    build("--part", "vae", "--out", engine).failedWith(2, "x.engine", "--force");
    assertThat(engine).hasContent("before");
    Files.delete(engine);
    Files.writeString(EngineDescription.besides(engine), "before");
    build("--part", "vae", "--out", engine).failedWith(2, "x.engine.json", "--force");
    build("--part", "vae", "--out", engine, "--force").succeeded();
  }

  @Test
  void aFailedBuildLeavesNothing() throws Exception {
    FakeBuilder failing =
        new FakeBuilder() {
          @Override
          public void build(
              GraphFile graph,
              List<Profile> all,
              BuildOptions how,
              Path target,
              BuildListener listener) {
            write(target, "half");
            throw new BackendException("TensorRT could not build it: no reason.");
          }
        };
    for (List<Object> place :
        List.<List<Object>>of(List.of("--out", folder.resolve("x.engine")), List.of("--cache"))) {
      Stream<Object> arguments =
          Stream.of("--model", SAMPLE, "--part", "vae", "--cache-folder", folder.resolve("cache"));
      BuildRun.of(failing, Stream.concat(arguments, place.stream()).toArray())
          .failedWith(1, "could not build it");
    }
    assertThat(names()).containsExactly("cache");
    assertThat(cached("engines")).isZero();
  }
}
