package org.viditq.tests.fullsize;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.viditq.bench.model.ModelLayouts;
import org.viditq.bench.model.PixArtXl;
import org.viditq.bench.model.RandomTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.io.AtomicOutput;

/**
 * Writes a pipeline folder as large as PixArt-Σ XL/2 at 1024 px, with random float16 weights: 1.2
 * GB of transformer, a small autoencoder that also reduces by 8, and in place of the 4.7 B text
 * encoder one layer that gives embeddings of the same width for the sample's tokenizer.
 *
 * <p>By hand: run {@link #main} on the test class path with the folder to write.
 */
public final class FullSizePixArtSigma {
  private static final Path SAMPLE = Path.of("..", "samples", "pixart-mini");
  private static final ObjectMapper JSON = new ObjectMapper();

  private FullSizePixArtSigma() {}

  public static void main(String[] args) throws IOException {
    write(Path.of(args[0]));
  }

  /** Writes the folder; the same one every time. */
  static void write(Path target) throws IOException {
    PipelineFolder sample = PipelineFolder.open(SAMPLE);
    try (AtomicOutput output = AtomicOutput.folder(target)) {
      Path root = output.path();
      ObjectNode index = (ObjectNode) JsonConfig.read(SAMPLE.resolve("model_index.json")).node();
      writeJson(root.resolve("model_index.json"), index.put("_class_name", "PixArtSigmaPipeline"));
      copy(sample, Component.SCHEDULER, root);
      copy(sample, Component.TOKENIZER, root);

      PixArtXl.writeTransformer(root);
      JsonConfig text = textEncoder(configOf(sample, Component.TEXT_ENCODER));
      write(root, Component.TEXT_ENCODER, text, ModelLayouts.t5Encoder(text));
      JsonConfig vae = autoencoder(configOf(sample, Component.VAE));
      write(root, Component.VAE, vae, ModelLayouts.autoencoder(vae));
      output.commit();
    }
  }

  private static ObjectNode configOf(PipelineFolder sample, Component component) {
    return (ObjectNode) sample.config(component).node();
  }

  private static JsonConfig textEncoder(ObjectNode config) {
    config.put("d_model", 4096);
    config.put("num_layers", 1);
    config.put("num_heads", 2);
    config.put("d_kv", 64);
    config.put("d_ff", 128);
    return JsonConfig.of(config, "thin text encoder");
  }

  private static JsonConfig autoencoder(ObjectNode config) {
    int stages = 4; // halving three times: the reduction by 8 of the real one
    config.putArray("block_out_channels").add(16).add(16).add(32).add(32);
    for (String kind : List.of("down", "up")) {
      String type = kind.equals("down") ? "DownEncoderBlock2D" : "UpDecoderBlock2D";
      var types = config.putArray(kind + "_block_types");
      for (int i = 0; i < stages; i++) {
        types.add(type);
      }
    }
    config.put("scaling_factor", 0.13025);
    return JsonConfig.of(config, "small autoencoder");
  }

  private static void write(
      Path root, Component component, JsonConfig config, List<RandomTensor> tensors)
      throws IOException {
    Path folder = Files.createDirectory(root.resolve(component.folder()));
    writeJson(folder.resolve(component.configFile()), config.node());
    String file =
        component == Component.TEXT_ENCODER
            ? "model.safetensors"
            : "diffusion_pytorch_model.safetensors";
    SafetensorsWriter.write(folder.resolve(file), tensors, Map.of("format", "pt"));
  }

  private static void writeJson(Path file, Object json) throws IOException {
    JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), json);
  }

  private static void copy(PipelineFolder sample, Component component, Path root)
      throws IOException {
    Path folder = Files.createDirectory(root.resolve(component.folder()));
    try (var files = Files.list(sample.folder(component))) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
  }
}
