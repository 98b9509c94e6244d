package org.viditq.core.adapter;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;

/**
 * LoRA adapters for a denoiser: W + scale * alpha / rank * up * down in place of every weight W
 * that they change, in float32 and before anything is quantized. Several adapters add up.
 *
 * <p>Adapters must be made for the model: each of their tensors has to belong to a layer of it and
 * to fit it. Parts for text encoders are refused.
 */
public final class LoraAdapters {
  private final List<LoraSource> sources;

  public LoraAdapters(List<LoraSource> sources) {
    this.sources = List.copyOf(sources);
  }

  public boolean isEmpty() {
    return sources.isEmpty();
  }

  /** Files and scales, for reports; the empty text if there are none. */
  public String describe() {
    return sources.stream().map(LoraSource::describe).collect(Collectors.joining(", "));
  }

  /** The pipeline with the adapters merged into its transformer whenever that is opened. */
  public PipelineFolder mergedInto(PipelineFolder folder) {
    return isEmpty()
        ? folder
        : folder.withTransformerSeenAs((config, weights) -> merge(config, weights, false));
  }

  /**
   * A checkpoint with the adapters merged.
   *
   * @param config of the model; may be empty
   * @param weights of the model; the result closes it, and if this fails it stays open
   * @param typesKept whether merged weights are handed out in the type of the stored ones, for
   *     writing them, and not in float32
   * @throws InvalidCheckpointException if an adapter is damaged or not for this model, naming its
   *     tensor, or if the weights are quantized
   */
  public Checkpoint merge(JsonConfig config, Checkpoint weights, boolean typesKept) {
    if (isEmpty()) {
      return weights;
    }
    requireFullPrecision(weights);
    List<LoraFile> files = new ArrayList<>();
    try {
      LayerDirectory directory = new LayerDirectory(config, weights);
      Map<String, List<RowsUpdate>> updates = new HashMap<>();
      for (LoraSource source : sources) {
        LoraFile file = LoraFile.open(source);
        files.add(file);
        for (LowRank change : file.layers()) {
          add(change, directory, weights, updates);
        }
      }
      return new MergedCheckpoint(
          weights,
          files,
          weights.source() + " with the LoRA adapter " + Printable.line(describe()),
          updates,
          typesKept);
    } catch (RuntimeException | Error unfit) {
      files.forEach(LoraFile::close);
      throw unfit;
    }
  }

  private static void requireFullPrecision(Checkpoint weights) {
    if (weights.names().stream()
        .anyMatch(name -> name.endsWith(".weight_scale") || name.endsWith(".weight_packed"))) {
      throw new InvalidCheckpointException(
          weights.source()
              + " is quantized, and adapters are merged before weights are rounded; quantize the"
              + " full-precision model with --lora instead.");
    }
  }

  private static void add(
      LowRank change,
      LayerDirectory directory,
      Checkpoint weights,
      Map<String, List<RowsUpdate>> updates) {
    List<List<LayerDirectory.Rows>> copies = directory.find(change.layer());
    if (copies.isEmpty()) {
      throw unknown(change, weights);
    }
    for (List<LayerDirectory.Rows> parts : copies) {
      requireFit(change, parts, weights);
      int from = 0;
      for (LayerDirectory.Rows rows : parts) {
        updates
            .computeIfAbsent(rows.tensor(), name -> new ArrayList<>())
            .add(new RowsUpdate(change, from, rows.first(), rows.count()));
        from += rows.count();
      }
    }
  }

  private static void requireFit(
      LowRank change, List<LayerDirectory.Rows> parts, Checkpoint weights) {
    int outputs = parts.stream().mapToInt(LayerDirectory.Rows::count).sum();
    for (LayerDirectory.Rows rows : parts) {
      StoredTensor tensor = weights.get(rows.tensor());
      int inputs = tensor.shape().size() / Math.max(1, tensor.shape().dim(0));
      if (change.outputs() != outputs || change.inputs() != inputs) {
        throw new InvalidCheckpointException(
            "Tensor "
                + Printable.name(change.up().name())
                + " of "
                + change.source()
                + " is for a layer of "
                + change.inputs()
                + " inputs and "
                + change.outputs()
                + " outputs, but that of "
                + weights.source()
                + " has "
                + inputs
                + " and "
                + outputs
                + "; the adapter is for another model.");
      }
      if (!tensor.dtype().isFloatingPoint()) {
        throw new InvalidCheckpointException(
            "Tensor "
                + Printable.name(rows.tensor())
                + " of "
                + weights.source()
                + " is stored as "
                + tensor.dtype()
                + "; adapters are merged into floating-point weights only.");
      }
    }
  }

  private static InvalidCheckpointException unknown(LowRank change, Checkpoint weights) {
    String tensor = "Tensor " + Printable.name(change.down().name()) + " of " + change.source();
    return new InvalidCheckpointException(
        isOfTextEncoder(change.layer())
            ? tensor
                + " is for a text encoder, which adapters are not merged into; use an adapter of"
                + " the transformer alone."
            : tensor
                + " belongs to no layer of "
                + weights.source()
                + "; the adapter is for another model.");
  }

  private static boolean isOfTextEncoder(String layer) {
    return layer.startsWith("text_encoder") || layer.matches("lora_te\\d?_.*");
  }
}
