package org.viditq.core.pipeline.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.OutputException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import org.viditq.core.model.DenoiserModel;

/**
 * A {@link ChangeEstimate} as a file, which names the model that it was fitted to. Beside a
 * pipeline's {@code model_index.json} it is found by itself under {@link #NAME}.
 */
public final class ChangeEstimateFile {
  public static final String NAME = "step_changes.json";

  private static final String FORMAT = "viditq_step_changes";
  private static final int VERSION = 1;

  /** More would be no fit to the few hundred steps of a calibration. */
  private static final int MOST_COEFFICIENTS = 16;

  private ChangeEstimateFile() {}

  /** The fit that lies in a pipeline's folder, if there is one. */
  public static Optional<ChangeEstimate> find(Path folder, DenoiserModel model) {
    Path file = folder.resolve(NAME);
    return Files.isRegularFile(file) ? Optional.of(read(file, model)) : Optional.empty();
  }

  /**
   * @throws InvalidModelException if it is no such file, or was fitted to another model
   */
  public static ChangeEstimate read(Path file, DenoiserModel model) {
    JsonConfig json = JsonConfig.read(file);
    if (json.getInt(FORMAT) != VERSION) {
      throw invalid(file, "is of version " + json.getInt(FORMAT) + ", and this reads " + VERSION);
    }
    if (!json.getString("family").equals(model.family())
        || json.getInt("layers") != model.linearLayers().size()) {
      throw invalid(file, "was fitted to another model");
    }
    List<Double> coefficients = new ArrayList<>();
    JsonNode array = json.node().path("coefficients");
    if (!array.isArray() || array.isEmpty() || array.size() > MOST_COEFFICIENTS) {
      throw invalid(file, "needs 1 to " + MOST_COEFFICIENTS + " numbers as coefficients");
    }
    for (JsonNode coefficient : array) {
      if (!coefficient.isNumber() || !Double.isFinite(coefficient.doubleValue())) {
        throw invalid(file, "holds a coefficient that is no finite number");
      }
      coefficients.add(coefficient.doubleValue());
    }
    double from = json.getDouble("from");
    double to = json.getDouble("to");
    if (!(from >= 0 && from <= to && to < Double.POSITIVE_INFINITY)) {
      throw invalid(file, "needs numbers from and to with 0 <= from <= to");
    }
    return new ChangeEstimate(coefficients, from, to);
  }

  private static InvalidModelException invalid(Path file, String reason) {
    return new InvalidModelException(
        file + " " + reason + "; make it anew with viditq calibrate --step-changes.");
  }

  /** Writes the file, whole or not at all. */
  public static void write(Path file, ChangeEstimate estimate, DenoiserModel model) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put(FORMAT, VERSION);
    root.put("family", model.family());
    root.put("layers", model.linearLayers().size());
    ArrayNode array = root.putArray("coefficients");
    estimate.coefficients().forEach(array::add);
    root.put("from", estimate.from());
    root.put("to", estimate.to());
    try (AtomicOutput output = AtomicOutput.file(file)) {
      Files.writeString(
          output.path(), mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
      output.commit();
    } catch (IOException e) {
      throw new OutputException("Cannot write " + file + ": " + IoReason.of(e) + ".", e);
    }
  }
}
