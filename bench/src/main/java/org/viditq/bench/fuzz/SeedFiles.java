package org.viditq.bench.fuzz;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.model.InputNames;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Conditions;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.EncodedPromptsFile;
import org.viditq.core.pipeline.Image;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.media.EncodingOptions;
import org.viditq.media.MediaFormat;
import org.viditq.media.Provenance;
import org.viditq.quantize.calibrate.CalibrationRecorder;
import org.viditq.quantize.calibrate.CalibrationStatisticsFile;

/**
 * Files that the readers take: fixtures and samples of the project, cut where they are too large to
 * be changed a million times, and small ones written by its own writers.
 */
final class SeedFiles {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CHECKPOINTS = "java/core/src/test/resources/checkpoints";
  private static final List<String> SAMPLES = List.of("samples/pixart-mini", "samples/stdit-mini");

  /** Entries of a vocabulary that are kept. */
  private static final int VOCABULARY = 40;

  /** Width and height of pictures. */
  private static final int PICTURE = 8;

  /** Larger fixtures cost more than they teach. */
  private static final long LARGEST = 6000;

  private SeedFiles() {}

  /** Files of a folder with an ending, the large ones left out. */
  private static List<byte[]> files(Path folder, String... endings) throws IOException {
    List<byte[]> contents = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        if (Stream.of(endings).anyMatch(file.getFileName().toString()::endsWith)
            && Files.size(file) <= LARGEST) {
          contents.add(Files.readAllBytes(file));
        }
      }
    }
    return contents;
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** What a writer of files writes. */
  private static byte[] written(Consumer<Path> writer) throws IOException {
    Path file = Scratch.FOLDER.resolve("seed.safetensors");
    writer.accept(file);
    return Files.readAllBytes(file);
  }

  static List<byte[]> safetensors(Path checkout) throws IOException {
    List<byte[]> seeds = files(checkout.resolve(CHECKPOINTS), ".safetensors");
    List<StoredTensor> all = new ArrayList<>();
    for (DType dtype : DType.values()) {
      all.add(
          MemoryTensor.ofBytes(
              "w." + dtype, dtype, Shape.of(2, 3), new byte[(int) dtype.bytes(6)]));
    }
    seeds.add(written(file -> SafetensorsWriter.write(file, all, Map.of("format", "pt"))));
    return seeds;
  }

  static List<byte[]> pickles(Path checkout) throws IOException {
    return files(checkout.resolve(CHECKPOINTS), ".pth", ".pt", ".pkl");
  }

  static List<byte[]> shardIndexes(Path checkout) {
    return List.of(
        utf8(
            "{\"metadata\": {\"total_size\": 48}, \"weight_map\":"
                + " {\"a\": \"a.safetensors\", \"b\": \"b.safetensors\"}}"),
        utf8("{\"weight_map\": {\"a\": \"a.safetensors\"}}"));
  }

  static List<byte[]> modelIndexes(Path checkout) throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    for (String sample : SAMPLES) {
      seeds.add(Files.readAllBytes(checkout.resolve(sample).resolve("model_index.json")));
    }
    return seeds;
  }

  /** The order of the first byte is that of {@link ConfigurationFuzzer}. */
  static List<byte[]> configurations(Path checkout) throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    for (String sample : SAMPLES) {
      Path folder = checkout.resolve(sample);
      seeds.add(selected(0, Files.readAllBytes(folder.resolve("transformer/config.json"))));
      seeds.add(selected(1, Files.readAllBytes(folder.resolve("text_encoder/config.json"))));
      byte[] vae = Files.readAllBytes(folder.resolve("vae/config.json"));
      seeds.add(selected(3, vae));
      seeds.add(selected(4, vae));
      seeds.add(selected(5, Files.readAllBytes(folder.resolve("scheduler/scheduler_config.json"))));
    }
    seeds.add(
        selected(
            2,
            utf8(
                "{\"model_type\": \"bert\", \"vocab_size\": 64, \"hidden_size\": 32,"
                    + " \"num_hidden_layers\": 2, \"num_attention_heads\": 4,"
                    + " \"intermediate_size\": 64, \"max_position_embeddings\": 32,"
                    + " \"type_vocab_size\": 2, \"hidden_act\": \"gelu\","
                    + " \"layer_norm_eps\": 1e-12}")));
    for (String denoiser :
        List.of(
            "{\"_class_name\": \"DiTTransformer2DModel\", \"num_layers\": 2, \"sample_size\": 8,"
                + " \"num_attention_heads\": 2, \"attention_head_dim\": 8, \"in_channels\": 4,"
                + " \"out_channels\": 8, \"patch_size\": 2, \"num_embeds_ada_norm\": 10,"
                + " \"norm_type\": \"ada_norm_zero\"}",
            "{\"_class_name\": \"LatteTransformer3DModel\", \"num_layers\": 2,"
                + " \"sample_size\": 8, \"video_length\": 4, \"num_attention_heads\": 2,"
                + " \"attention_head_dim\": 8, \"in_channels\": 4, \"out_channels\": 8,"
                + " \"patch_size\": 2, \"caption_channels\": 16}",
            "{\"_class_name\": \"HunyuanDiT2DModel\", \"num_layers\": 4, \"sample_size\": 8,"
                + " \"num_attention_heads\": 2, \"attention_head_dim\": 8, \"in_channels\": 4,"
                + " \"patch_size\": 2, \"hidden_size\": 16, \"mlp_ratio\": 4.0,"
                + " \"cross_attention_dim\": 16, \"cross_attention_dim_t5\": 16,"
                + " \"pooled_projection_dim\": 16, \"text_len\": 4, \"text_len_t5\": 8,"
                + " \"learn_sigma\": true, \"use_style_cond_and_image_meta_size\": true}")) {
      seeds.add(selected(0, utf8(denoiser)));
    }
    return seeds;
  }

  private static byte[] selected(int reader, byte[] json) {
    byte[] input = new byte[json.length + 1];
    input[0] = (byte) reader;
    System.arraycopy(json, 0, input, 1, json.length);
    return input;
  }

  static List<byte[]> plans(Path checkout) throws IOException {
    List<byte[]> seeds =
        files(
            checkout.resolve("java/quantize/src/main/resources/org/viditq/quantize/plan"), ".yaml");
    seeds.addAll(files(checkout.resolve("bench/plans"), ".yaml"));
    seeds.add(
        utf8(
            """
            name: all
            description: every key
            weight: {bits: 4, symmetric: false}
            activation: {mode: static_tensor, bits: 8, symmetric: true, running_stat: true, momentum: 0.9}
            balance: {alpha: [0.3, 0.4], ranges: [[0, 500], [501, 1000]], momentum: 0.95, zero_stat_eps: 1.0e-5, layers: [attn]}
            quantize: [blocks.]
            include: [proj_out]
            exclude: [blocks.0.]
            layers:
              - {match: mlp, weight_bits: 8, weight_symmetric: true, activation_bits: 8}
            mixed_precision:
              candidates: [4, 6, 8]
              weight: {19-15: {blocks.0.attn: 8}, 14-0: {blocks.0.attn: 4}}
            calibration: {samples: 8, steps: 10}
            """));
    seeds.add(
        utf8(
            """
            quant:
              weight:
                quantizer:
                  quant_mode: "channel"
                  n_bits: 8
                  per_group: "channel"
                  channel_dim: 0
                  scale_method: "min_max"
                  round_mode: "nearest"
                  sym: False
              activation:
                quantizer:
                  n_bits: 8
                  per_group: "token"
                  dynamic: True
                  sym: False
                  scale_method: "min_max"
                  round_mode: "nearest_ste"
                  running_stat: False
                smooth_quant:
                  enable: True
                  channel_wise_scale_type: "momentum_act_max"
                  momentum: 0.95
                  alpha: [0.11, 0.3]
                  timerange: [[0, 500], [501, 1000]]
              grad:
            part_fp_list: []
            mixed_precision: [4, 6, 8]
            calib_data: {n_steps: 10, batch_size: 4}
            """));
    return seeds;
  }

  static List<byte[]> bitMaps(Path checkout) {
    return List.of(
        utf8(
            """
            19-15: {model.transformer_blocks.0.attn1.to_q: 8}
            14-0: {model.transformer_blocks.0.attn1.to_q: 4}
            """),
        utf8("4-0:\n  blocks.0.mlp.fc1: 6\n  blocks.0.mlp.fc2: [8]\n"));
  }

  static List<byte[]> statistics(Path checkout) throws IOException {
    CalibrationRecorder recorder = new CalibrationRecorder(step -> true);
    for (double timestep : new double[] {999, 400}) {
      recorder.begin(timestep);
      recorder.observe(List.of("blocks.0.q", "blocks.0.k"), Tensor.full(0.5f, 1, 3, 4), 1);
      recorder.observe(List.of("blocks.0.fc"), Tensor.full(-0.5f, 1, 2, 4), 1);
    }
    return List.of(
        written(file -> CalibrationStatisticsFile.write(file, recorder.statistics("model"))));
  }

  static List<byte[]> embeddings(Path checkout) throws IOException {
    Conditions text =
        new Conditions(
            Map.of(
                InputNames.TEXT, Tensor.full(0.5f, 2, 3, 4),
                InputNames.MASK, Tensor.full(1, 2, 3)));
    Conditions label = new Conditions(Map.of(InputNames.LABELS, Tensor.full(7, 2)));
    return List.of(
        written(
            file ->
                EncodedPromptsFile.save(
                    new EncodedPrompts(List.of("a", "b"), text, Optional.of(text)), file)),
        written(
            file ->
                EncodedPromptsFile.save(
                    new EncodedPrompts(List.of("a", "b"), label, Optional.empty()), file)));
  }

  /** One file with three layers, as docs/formats.md describes them. */
  static List<byte[]> quantizedCheckpoints(Path checkout) throws IOException {
    List<StoredTensor> tensors = new ArrayList<>();
    codes(tensors, "a.weight", 4, 8);
    tensors.add(floats("a.weight_scale", 4, 1));
    tensors.add(MemoryTensor.ofBytes("a.weight_zero_point", DType.I8, Shape.of(4, 1), new byte[4]));
    tensors.add(floats("a.bias", 4));
    for (String set : List.of("b.", "b.weight_set_1.")) {
      tensors.add(MemoryTensor.ofInts(set + "weight_packed", Shape.of(8, 1), new int[8]));
      tensors.add(MemoryTensor.ofLongs(set + "weight_shape", Shape.of(2), new long[] {8, 8}));
      tensors.add(floats(set + "weight_scale", 8, 1));
      tensors.add(MemoryTensor.ofInts(set + "weight_zero_point", Shape.of(1, 1), new int[1]));
      tensors.add(floats(set + "balance", 8));
    }
    codes(tensors, "c.weight", 4, 8);
    tensors.add(floats("c.weight_scale", 4, 1));
    tensors.add(floats("c.input_scale", 1));
    tensors.add(MemoryTensor.ofBytes("c.input_zero_point", DType.I8, Shape.of(1), new byte[1]));
    String layers =
        """
        {"a": {"weights": [{"bits": 8, "symmetric": false, "balanced": false}],
         "activations": [{"mode": "dynamic_token", "bits": 8, "symmetric": false}],
         "sets": [{"start": 0, "end": 1001, "weight": 0, "activation": 0}]},
         "b": {"weights": [{"bits": 4, "symmetric": false, "balanced": true},
         {"bits": 4, "symmetric": false, "balanced": true}],
         "activations": [{"mode": "dynamic_token", "bits": 8, "symmetric": false}],
         "sets": [{"start": 0, "end": 501, "weight": 0, "activation": 0},
         {"start": 501, "end": 1001, "weight": 1, "activation": 0}]},
         "c": {"weights": [{"bits": 6, "symmetric": true, "balanced": false}],
         "activations": [{"mode": "static_tensor", "bits": 8, "symmetric": false}],
         "sets": [{"start": 0, "end": 1001, "weight": 0, "activation": 0}]}}
        """;
    Map<String, String> metadata =
        Map.of(
            "format", "pt",
            "viditq_format", "viditq-quantized",
            "viditq_format_version", "1",
            "viditq_plan", "seed",
            "viditq_layers", layers);
    return List.of(written(file -> SafetensorsWriter.write(file, tensors, metadata)));
  }

  private static void codes(List<StoredTensor> tensors, String name, int rows, int columns) {
    tensors.add(
        MemoryTensor.ofBytes(name, DType.I8, Shape.of(rows, columns), new byte[rows * columns]));
  }

  private static StoredTensor floats(String name, int... shape) {
    return MemoryTensor.of(name, Tensor.full(0.5f, shape));
  }

  static List<byte[]> tokenizerJsons(Path checkout) throws IOException {
    Path unigram = checkout.resolve(SAMPLES.get(0)).resolve("tokenizer/tokenizer.json");
    return List.of(
        cutUnigram(unigram),
        utf8(
            "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[{\"id\":0,"
                + "\"content\":\"[UNK]\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,"
                + "\"normalized\":false,\"special\":true}],\"normalizer\":"
                + "{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true,"
                + "\"strip_accents\":null,\"lowercase\":true},"
                + "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},"
                + "\"decoder\":{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":true},"
                + "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\","
                + "\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_word\":100,\"vocab\":"
                + "{\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"[PAD]\":3,\"cat\":4,\"##s\":5}}}"));
  }

  /** The first entries, with the added tokens and without the table of the normalizer. */
  private static byte[] cutUnigram(Path file) throws IOException {
    ObjectNode root = (ObjectNode) JSON.readTree(file.toFile());
    ArrayNode vocabulary = (ArrayNode) root.get("model").get("vocab");
    while (vocabulary.size() > VOCABULARY) {
      vocabulary.remove(vocabulary.size() - 1);
    }
    root.putNull("normalizer");
    ArrayNode added = (ArrayNode) root.get("added_tokens");
    for (int i = added.size() - 1; i >= 0; i--) {
      if (added.get(i).get("id").asInt() >= VOCABULARY) {
        added.remove(i);
      }
    }
    return JSON.writeValueAsBytes(root);
  }

  /** Fields of sentencepiece's ModelProto and NormalizerSpec. */
  private static final int PIECES = 1;

  private static final int NORMALIZER = 3;
  private static final int CHARACTER_MAP = 2;

  static List<byte[]> sentencePieces(Path checkout) throws IOException {
    byte[] model =
        Files.readAllBytes(checkout.resolve(SAMPLES.get(0)).resolve("tokenizer/spiece.model"));
    UnknownFieldSet.Builder cut = UnknownFieldSet.parseFrom(model).toBuilder();
    List<ByteString> pieces = cut.build().getField(PIECES).getLengthDelimitedList();
    UnknownFieldSet.Field.Builder kept = UnknownFieldSet.Field.newBuilder();
    pieces.subList(0, Math.min(VOCABULARY, pieces.size())).forEach(kept::addLengthDelimited);
    cut.addField(PIECES, kept.build());
    ByteString normalizer = cut.build().getField(NORMALIZER).getLengthDelimitedList().get(0);
    UnknownFieldSet.Builder withoutMap = UnknownFieldSet.parseFrom(normalizer).toBuilder();
    withoutMap.clearField(CHARACTER_MAP);
    cut.addField(
        NORMALIZER,
        UnknownFieldSet.Field.newBuilder()
            .addLengthDelimited(withoutMap.build().toByteString())
            .build());
    return Collections.singletonList(cut.build().toByteArray());
  }

  static List<byte[]> vocabularies(Path checkout) {
    return List.of(
        utf8("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ncat\n##s\n2\ncaf\u00E9\n\u732B\n,\n"),
        utf8("[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\na\r\n"));
  }

  /** In the layouts of PEFT, of diffusers with its settings, and of kohya's scripts. */
  static List<byte[]> loras(Path checkout) throws IOException {
    String layer = "transformer_blocks.0.attn1.to_q";
    String settings =
        "{\"transformer.lora_alpha\": 4, \"transformer.r\": 2, \"transformer.use_rslora\": true,"
            + " \"transformer.alpha_pattern\": {\"attn1.to_q\": 1.5},"
            + " \"transformer.init_lora_weights\": \"gaussian\"}";
    return List.of(
        lora(Map.of(), "base_model.model." + layer + ".lora_A.weight", ".lora_B.weight"),
        lora(
            Map.of("format", "pt", "lora_adapter_metadata", settings),
            "transformer." + layer + ".lora.down.weight",
            ".lora.up.weight"),
        lora(
            Map.of("ss_network_alpha", "1"),
            "lora_unet_" + layer.replace('.', '_') + ".lora_down.weight",
            ".lora_up.weight"));
  }

  /**
   * Factors and alpha of a layer of eight inputs and outputs.
   *
   * @param down name of the factor that is applied first
   * @param up ending of the other one's name, behind the layer's
   */
  private static byte[] lora(Map<String, String> metadata, String down, String up)
      throws IOException {
    String layer = down.substring(0, down.indexOf(".lora"));
    List<StoredTensor> tensors =
        List.of(floats(down, 2, 8), floats(layer + up, 8, 2), floats(layer + ".alpha"));
    return written(file -> SafetensorsWriter.write(file, tensors, metadata));
  }

  /** PNG of several kinds, JPEG, lossy WebP. */
  static List<byte[]> pictures(Path checkout) throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    float[] values = new float[PICTURE * PICTURE * 3];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 61 / 60f;
    }
    Clip picture = Clip.of(List.of(new Image(Tensor.of(values, PICTURE, PICTURE, 3))), 1);
    for (MediaFormat format : List.of(MediaFormat.PNG, MediaFormat.JPEG, MediaFormat.WEBP)) {
      seeds.add(
          written(
              file ->
                  format.write(
                      picture,
                      file,
                      new Provenance(Map.of("prompt", "a")),
                      new EncodingOptions(90, true))));
    }
    for (int type :
        List.of(
            BufferedImage.TYPE_BYTE_GRAY,
            BufferedImage.TYPE_USHORT_GRAY,
            BufferedImage.TYPE_BYTE_INDEXED,
            BufferedImage.TYPE_INT_ARGB)) {
      ByteArrayOutputStream png = new ByteArrayOutputStream();
      ImageIO.write(new BufferedImage(PICTURE, PICTURE, type), "png", png);
      seeds.add(png.toByteArray());
    }
    return seeds;
  }

  /** The order of the first byte is that of {@link PromptFileFuzzer}. */
  static List<byte[]> promptFiles(Path checkout) {
    return List.of(
        selected(0, utf8("\uFEFFa red ring\r\n\r\n a caf\u00E9 \n\u732B\n")),
        selected(0, "\uFEFFa ring\n\u732B\n".getBytes(StandardCharsets.UTF_16LE)),
        selected(1, utf8("{\"prompts\": [\"a ring\", {\"caption\": \"\\u732b\"}, \"\"]}")),
        selected(1, utf8("[\"a\\nb\", {\"prompt\": \"c\"}]")),
        selected(2, utf8("\"a ring\"\n\n{\"text\": \"d\", \"id\": 7}\n")));
  }
}
