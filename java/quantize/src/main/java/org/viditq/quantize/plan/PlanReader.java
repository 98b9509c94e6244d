package org.viditq.quantize.plan;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.error.InvalidPlanException;

/**
 * Reads quantization plans from YAML: the product's concise format and, recognized by their keys
 * {@code quant} or {@code act}, the two forms of plan files of the published ViDiT-Q code.
 */
public final class PlanReader {
  private static final Logger LOG = LoggerFactory.getLogger(PlanReader.class);

  private final Consumer<String> warnings;

  /** Warnings go to the log. */
  public PlanReader() {
    this(LOG::warn);
  }

  /**
   * @param warnings receives one sentence per key that is left out
   */
  public PlanReader(Consumer<String> warnings) {
    this.warnings = warnings;
  }

  /**
   * @param plan a YAML file; files that it names are looked for beside it and in the folders above
   * @throws InvalidPlanException naming file and key, if anything is malformed or contradictory
   */
  public QuantizationPlan read(Path plan) {
    return read(plan, Optional.empty(), Optional.empty());
  }

  /**
   * As {@link #read(Path)}, with mixed-precision maps in files of their own, as published plans
   * have them.
   *
   * @param weightMap bits of weights by step range and layer
   * @param activationMap bits of activations by step range and layer
   */
  public QuantizationPlan read(Path plan, Optional<Path> weightMap, Optional<Path> activationMap) {
    return interpret(
        PlanYaml.read(plan),
        stem(plan),
        PlanFiles.besides(plan, warnings),
        weightMap.map(PlanYaml::read),
        activationMap.map(PlanYaml::read));
  }

  /** Whether a YAML file is a mixed-precision map and no plan. */
  public static boolean isMap(Path file) {
    return StepBitMapParser.recognizes(PlanYaml.read(file));
  }

  /**
   * Reads a mixed-precision map of weights that any width may be in.
   *
   * @throws InvalidPlanException naming file and key, if anything is malformed
   */
  public StepBitMap readMap(Path file) {
    return new StepBitMapParser(List.of(), true, warnings).parse(PlanYaml.read(file));
  }

  /** Reads a plan that is no file: a resource, or text from a test. */
  QuantizationPlan parse(byte[] yaml, String name, String source) {
    return interpret(
        PlanYaml.parse(yaml, source), name, PlanFiles.none(), Optional.empty(), Optional.empty());
  }

  private QuantizationPlan interpret(
      PlanNode root,
      String name,
      PlanFiles files,
      Optional<PlanNode> weightMap,
      Optional<PlanNode> activationMap) {
    if (PublishedPlanParser.recognizes(root)) {
      if (root.has("weight") || root.has("activation")) {
        throw root.failure(
            "quant belongs to a published plan, "
                + (root.has("weight") ? "weight" : "activation")
                + " at the top to this product's own form; use one of them");
      }
      return new PublishedPlanParser(root, files, warnings).parse(name, weightMap, activationMap);
    }
    if (RegexPlanParser.recognizes(root)) {
      if (weightMap.isPresent() || activationMap.isPresent()) {
        throw root.failure(
            "separate mixed-precision maps go with plans that have a key quant; this form has"
                + " mixed_precision of its own");
      }
      return new RegexPlanParser(root, warnings).parse(name);
    }
    if (weightMap.isPresent() || activationMap.isPresent()) {
      throw root.failure(
          "separate mixed-precision maps go with published plans; name them under mixed_precision");
    }
    if (StepBitMapParser.recognizes(root)) {
      throw root.failure(
          "this is a mixed-precision map and no plan; give it with --weight-bits or"
              + " --activation-bits beside a published plan, or name it under mixed_precision");
    }
    return new ConcisePlanParser(root, files, warnings).parse(name);
  }

  private static String stem(Path plan) {
    String file = String.valueOf(plan.getFileName());
    int dot = file.lastIndexOf('.');
    return dot > 0 ? file.substring(0, dot) : file;
  }
}
