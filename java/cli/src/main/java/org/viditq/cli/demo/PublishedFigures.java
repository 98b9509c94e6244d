package org.viditq.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;

/** What the published PyTorch layers score on the sample models, measured once and kept. */
final class PublishedFigures {
  private final JsonNode variant;

  private PublishedFigures(JsonNode variant) {
    this.variant = variant;
  }

  /**
   * @param psnr mean over the pictures, dB
   * @param ssim mean over the pictures
   */
  record Figure(double psnr, double ssim) {}

  /**
   * @param variant of the sample model: pixart-mini or pixart-mini-outlier
   * @param steps sampling steps; there are figures for one number only
   */
  static PublishedFigures of(String variant, int steps) {
    try (InputStream stream = PublishedFigures.class.getResourceAsStream("published-layers.json")) {
      JsonNode root = new ObjectMapper().readTree(stream);
      boolean comparable = root.path("steps").asInt() == steps;
      return new PublishedFigures(comparable ? root.path(variant) : root.path("none"));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /** Empty if the published layers were not measured with that plan. */
  Optional<Figure> of(String plan) {
    JsonNode figure = variant.path(plan);
    return figure.isMissingNode()
        ? Optional.empty()
        : Optional.of(new Figure(figure.path("psnr").asDouble(), figure.path("ssim").asDouble()));
  }
}
