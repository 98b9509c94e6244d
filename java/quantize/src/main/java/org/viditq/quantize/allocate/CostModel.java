package org.viditq.quantize.allocate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.IoReason;
import org.viditq.quantize.sensitivity.SensitivityTable;

/**
 * What quantized layers take, from what {@code viditq bench gemm --out FILE} measured: seconds of a
 * layer are proportional to its weights, at as many rows as were measured, with one factor for
 * 4-bit weights and one for wider ones, whose codes take a byte each. The factor is the least
 * squares one over the measured shapes, of the fastest kernel for each.
 *
 * <p>That is a model: it leaves out everything but the quantized layers, and that layers have other
 * numbers of rows (text tokens, modulations) than were measured.
 *
 * @param rows that were measured
 * @param narrow seconds per weight of at most 4 bits
 * @param wide seconds per weight of more bits
 */
public record CostModel(int rows, double narrow, double wide) {
  private static final Pattern SHAPE = Pattern.compile("(\\d{1,7})x(\\d{1,7})x(\\d{1,7})");
  private static final long LARGEST_FILE = 16L << 20;
  private static final int NARROW = 4;

  /**
   * Reads what was measured.
   *
   * @throws UsageException if the file cannot be read, is no such file, or its shapes have
   *     different numbers of rows
   */
  public static CostModel read(Path file) {
    JsonNode shapes;
    try {
      if (Files.size(file) > LARGEST_FILE) {
        throw none(file, "it is too large");
      }
      shapes = new ObjectMapper().readTree(Files.readAllBytes(file)).path("shapes");
    } catch (com.fasterxml.jackson.core.JacksonException noJson) {
      throw none(file, "it is no JSON");
    } catch (IOException unreadable) {
      throw new UsageException("Cannot read " + file + ": " + IoReason.of(unreadable) + ".");
    }
    int rows = 0;
    double[] products = new double[2];
    double squares = 0;
    for (JsonNode shape : shapes) {
      Matcher form = SHAPE.matcher(shape.path("shape").asText());
      if (!form.matches()) {
        throw none(file, "a shape is " + Printable.name(shape.path("shape").asText()));
      }
      int m = Integer.parseInt(form.group(1));
      if (rows != 0 && rows != m) {
        throw none(
            file,
            "it has shapes of "
                + rows
                + " and of "
                + m
                + " rows, which are to be as many as the model's tokens");
      }
      rows = m;
      double weights = Double.parseDouble(form.group(2)) * Double.parseDouble(form.group(3));
      products[0] += weights * seconds(file, shape, "int4-");
      products[1] += weights * seconds(file, shape, "int8-");
      squares += weights * weights;
    }
    if (!(rows > 0 && squares > 0)) {
      throw none(file, "it has no shapes");
    }
    return new CostModel(rows, products[0] / squares, products[1] / squares);
  }

  private static double seconds(Path file, JsonNode shape, String kernel) {
    OptionalDouble fastest = OptionalDouble.empty();
    for (JsonNode result : shape.path("results")) {
      double millis = result.path("medianMillis").asDouble();
      if (result.path("name").asText().startsWith(kernel)
          && millis > 0
          && millis < fastest.orElse(Double.POSITIVE_INFINITY)) {
        fastest = OptionalDouble.of(millis);
      }
    }
    return fastest.orElseThrow(() -> none(file, "a shape lacks the time of a kernel " + kernel))
        / 1000;
  }

  private static UsageException none(Path file, String why) {
    return new UsageException(
        file
            + " holds no costs of layers ("
            + why
            + "); measure some with 'viditq bench gemm --shapes ROWSxINxOUT,... --out FILE'.");
  }

  /** Seconds of a layer in one evaluation of the denoiser. */
  public double seconds(long weights, int bits) {
    return weights * (bits <= NARROW ? narrow : wide);
  }

  /** Seconds of all quantized layers in one evaluation, mean over the ranges of timesteps. */
  public double seconds(Allocation allocation) {
    double seconds = 0;
    for (int unit = 0; unit < allocation.widths().length; unit++) {
      SensitivityTable.Unit layers = allocation.table().units().get(unit);
      for (int bits : allocation.widths()[unit]) {
        seconds += seconds(layers.weights(), bits);
      }
    }
    return seconds / allocation.table().ranges();
  }
}
