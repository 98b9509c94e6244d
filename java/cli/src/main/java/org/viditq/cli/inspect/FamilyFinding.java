package org.viditq.cli.inspect;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.ComponentConfig;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.ViditqException;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.LinearLayer;

/**
 * What is known of a checkpoint as a denoiser.
 *
 * @param family its name
 * @param layers linear layers that the model has
 * @param byDefault those of them that plans quantize if they name none
 * @param missing linear layers without weights in the checkpoint, in the model's order
 * @param problem why no model can be made of it; empty if one can
 */
record FamilyFinding(
    String family, int layers, int byDefault, List<String> missing, Optional<String> problem) {
  private static final List<String> WEIGHTS = List.of(".weight", ".weight_packed");

  /** Empty if it is of no family that is known here. */
  static Optional<FamilyFinding> of(Path path, Checkpoint checkpoint) {
    JsonConfig config = ComponentConfig.beside(path);
    return DenoiserFamilies.find(config, checkpoint)
        .map(
            family -> {
              try {
                return of(family.model(config, checkpoint), checkpoint);
              } catch (ViditqException unfit) {
                return new FamilyFinding(
                    family.name(), 0, 0, List.of(), Optional.of(unfit.getMessage()));
              }
            });
  }

  private static FamilyFinding of(DenoiserModel model, Checkpoint checkpoint) {
    List<LinearLayer> layers = model.linearLayers();
    List<String> missing =
        layers.stream()
            .map(LinearLayer::name)
            .filter(name -> WEIGHTS.stream().noneMatch(end -> checkpoint.contains(name + end)))
            .toList();
    int byDefault = (int) layers.stream().filter(LinearLayer::quantizedByDefault).count();
    return new FamilyFinding(model.family(), layers.size(), byDefault, missing, Optional.empty());
  }

  /** One line for people. */
  String describe() {
    if (problem.isPresent()) {
      return family + ", but no model of it: " + problem.get();
    }
    String summary =
        family
            + ": "
            + layers
            + " linear layers, "
            + byDefault
            + " of them quantized unless a plan says otherwise";
    return missing.isEmpty()
        ? summary
        : summary
            + "; "
            + missing.size()
            + " missing: "
            + missing.stream().limit(3).collect(Collectors.joining(", "))
            + (missing.size() > 3 ? ", ..." : "");
  }
}
