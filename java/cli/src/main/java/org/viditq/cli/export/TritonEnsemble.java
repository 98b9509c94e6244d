package org.viditq.cli.export;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.viditq.core.diffusers.Component;
import org.viditq.core.model.InputNames;
import org.viditq.onnx.AutoencoderGraph;
import org.viditq.onnx.GraphFile;
import org.viditq.onnx.SamplerGraph;
import org.viditq.onnx.TextEncoderGraph;

/**
 * The networks of a repository as one model of Triton, from the tokens of prompts to pictures:
 *
 * <pre>
 * input_ids, mask ──► text_encoder ── text ──┐
 * negative_input_ids, ─► text_encoder ───────┤► sampler ── latents ──► vae ── pictures
 * noise, guidance, … ────────────────────────┘
 * </pre>
 *
 * <p>What no network of the repository computes is an input: where text encoders are missing,
 * encoded texts.
 *
 * @param steps each behind those whose results it takes
 */
record TritonEnsemble(List<Step> steps) {
  /** The model's name. */
  static final String NAME = "pipeline";

  private static final String SECOND = "_2";

  /**
   * A call of a network.
   *
   * @param inputs names in the ensemble by those of the network's inputs
   * @param outputs likewise of its outputs
   */
  record Step(
      String network, GraphFile graph, Map<String, String> inputs, Map<String, String> outputs) {}

  /**
   * @param graphs of the repository by name, the sampler's among them
   */
  static TritonEnsemble of(Map<String, GraphFile> graphs) {
    Set<String> taken = new LinkedHashSet<>();
    GraphFile sampler = graphs.get(ExportedParts.SAMPLER);
    sampler.inputs().forEach(input -> taken.add(input.name()));
    List<Step> steps = new ArrayList<>();
    for (Component encoder : List.of(Component.TEXT_ENCODER, Component.TEXT_ENCODER_2)) {
      String suffix = encoder == Component.TEXT_ENCODER_2 ? SECOND : "";
      for (String prefix : List.of("", SamplerGraph.NEGATIVE)) {
        String text = prefix + InputNames.TEXT + suffix;
        if (graphs.containsKey(encoder.folder()) && taken.contains(text)) {
          Map<String, String> inputs = new LinkedHashMap<>();
          inputs.put(TextEncoderGraph.TOKENS, prefix + TextEncoderGraph.TOKENS + suffix);
          inputs.put(InputNames.MASK, prefix + InputNames.MASK + suffix);
          steps.add(
              new Step(
                  encoder.folder(),
                  graphs.get(encoder.folder()),
                  inputs,
                  Map.of(InputNames.TEXT, text)));
        }
      }
    }
    Map<String, String> same = new LinkedHashMap<>();
    taken.forEach(name -> same.put(name, name));
    steps.add(
        new Step(
            ExportedParts.SAMPLER, sampler, same, Map.of(InputNames.LATENTS, InputNames.LATENTS)));
    String decoder = Component.VAE.folder();
    if (graphs.containsKey(decoder)) {
      steps.add(
          new Step(
              decoder,
              graphs.get(decoder),
              Map.of(InputNames.LATENTS, InputNames.LATENTS),
              Map.of(AutoencoderGraph.PICTURES, AutoencoderGraph.PICTURES)));
    }
    return new TritonEnsemble(List.copyOf(steps));
  }

  /** What no step computes, under the ensemble's names. */
  List<GraphFile.Value> inputs() {
    Set<String> computed = new LinkedHashSet<>();
    steps.forEach(step -> computed.addAll(step.outputs().values()));
    Map<String, GraphFile.Value> inputs = new LinkedHashMap<>();
    for (Step step : steps) {
      for (GraphFile.Value input : step.graph().inputs()) {
        String name = step.inputs().get(input.name());
        if (!computed.contains(name)) {
          inputs.merge(name, named(name, input), TritonEnsemble::narrower);
        }
      }
    }
    return List.copyOf(inputs.values());
  }

  /** What the last step computes. */
  List<GraphFile.Value> outputs() {
    Step last = steps.get(steps.size() - 1);
    return last.graph().outputs().stream()
        .map(output -> named(last.outputs().get(output.name()), output))
        .toList();
  }

  private static GraphFile.Value named(String name, GraphFile.Value value) {
    return new GraphFile.Value(name, value.type(), value.extents());
  }

  /** Networks may leave open what others do not. */
  private static GraphFile.Value narrower(GraphFile.Value a, GraphFile.Value b) {
    List<String> extents = new ArrayList<>();
    for (int axis = 0; axis < a.extents().size(); axis++) {
      String extent = a.extents().get(axis);
      extents.add(GraphFile.Value.isNumber(extent) ? extent : b.extents().get(axis));
    }
    return new GraphFile.Value(a.name(), a.type(), extents);
  }
}
