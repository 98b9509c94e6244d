package org.viditq.cli.export;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.viditq.cli.option.SamplerOptions;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.onnx.AutoencoderGraph;
import org.viditq.onnx.DenoiserGraph;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.SamplerGraph;
import org.viditq.onnx.TextEncoderGraph;
import org.viditq.quantize.apply.ChosenParameters;

/** The networks of a pipeline as graphs. */
public final class ExportedParts {
  /** Name of the transformer in a loop over the steps of a scheduler. */
  static final String SAMPLER = "sampler";

  private final PipelineFolder folder;
  private final OnnxOptions options;
  private final OptionalDouble timestep;
  private final Supplier<ChosenParameters> quantized;
  private final Optional<SamplerOptions> sampling;
  private final DenoiserModel model;

  /**
   * @param timestep see {@link DenoiserGraph#recordOpen}
   * @param quantized gives the transformer's parameters
   */
  public ExportedParts(
      PipelineFolder folder,
      OnnxOptions options,
      OptionalDouble timestep,
      Supplier<ChosenParameters> quantized) {
    this(folder, options, timestep, quantized, Optional.empty());
  }

  /**
   * As {@link #ExportedParts(PipelineFolder, OnnxOptions, OptionalDouble, Supplier)}.
   *
   * @param sampling of the sampler, without which there is none
   */
  ExportedParts(
      PipelineFolder folder,
      OnnxOptions options,
      OptionalDouble timestep,
      Supplier<ChosenParameters> quantized,
      Optional<SamplerOptions> sampling) {
    this.folder = folder;
    this.options = options;
    this.timestep = timestep;
    this.quantized = quantized;
    this.sampling = sampling;
    this.model = DiffusionPipeline.readModel(folder);
  }

  /**
   * Names of the components that a part consists of, those of all being those that are there; of a
   * sampler, its own.
   *
   * @throws UsageException if the pipeline has none
   */
  public List<String> names(Part part) {
    if (part == Part.SAMPLER) {
      return List.of(SAMPLER);
    }
    List<Component> components = new ArrayList<>();
    if (part == Part.TRANSFORMER || part == Part.ALL) {
      components.add(Component.TRANSFORMER);
    }
    if (part == Part.TEXT_ENCODER || part == Part.ALL) {
      List<Component> encoders = textEncoders();
      if (encoders.isEmpty() && part == Part.TEXT_ENCODER) {
        throw new UsageException(
            "The pipeline " + folder.root() + " is not conditioned on a text: it has no encoder.");
      }
      encoders.stream()
          .filter(encoder -> part == Part.TEXT_ENCODER || folder.has(encoder))
          .forEach(components::add);
    }
    if (part == Part.VAE || part == Part.ALL && folder.has(Component.VAE)) {
      components.add(Component.VAE);
    }
    return components.stream().map(Component::folder).toList();
  }

  private List<Component> textEncoders() {
    Conditioning conditioning = model.conditioning(folder.className());
    if (conditioning instanceof Conditioning.TwoTexts) {
      return List.of(Component.TEXT_ENCODER, Component.TEXT_ENCODER_2);
    }
    return conditioning instanceof Conditioning.Text ? List.of(Component.TEXT_ENCODER) : List.of();
  }

  /**
   * Records a part.
   *
   * @param name one of {@link #names}
   * @param writer given the graph while its weights are open
   */
  public void write(String name, Consumer<OnnxGraph> writer) {
    if (name.equals(Component.TRANSFORMER.folder())) {
      writeTransformer(
          writer, parameters -> DenoiserGraph.recordOpen(model, parameters, options, timestep));
      return;
    }
    if (name.equals(SAMPLER)) {
      SamplerGraph.Form form = sampling.orElseThrow().form(folder, model);
      Conditioning conditioning = model.conditioning(folder.className());
      writeTransformer(
          writer,
          parameters -> SamplerGraph.record(model, conditioning, parameters, options, form));
      return;
    }
    Component component =
        List.of(Component.values()).stream()
            .filter(candidate -> candidate.folder().equals(name))
            .findFirst()
            .orElseThrow();
    try (Checkpoint weights = folder.checkpoint(component)) {
      writer.accept(record(component, new CheckpointParameters(weights)));
    }
  }

  private OnnxGraph record(Component component, Parameters parameters) {
    if (component == Component.VAE) {
      return AutoencoderGraph.recordDecoder(
          DiffusionPipeline.readAutoencoder(folder), parameters, options);
    }
    boolean bert = component == Component.TEXT_ENCODER && textEncoders().size() > 1;
    return bert
        ? TextEncoderGraph.recordBert(
            BertConfig.fromJson(folder.config(component)), parameters, options)
        : TextEncoderGraph.recordT5(
            T5Config.fromJson(folder.config(component)), parameters, options);
  }

  private void writeTransformer(
      Consumer<OnnxGraph> writer, Function<Parameters, OnnxGraph> record) {
    try (ChosenParameters chosen = quantized.get();
        Checkpoint weights = folder.checkpoint(Component.TRANSFORMER)) {
      Parameters parameters = chosen.parameters().apply(new CheckpointParameters(weights));
      writer.accept(record.apply(parameters));
    }
  }
}
