package org.viditq.bench.pipeline;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.viditq.bench.model.FullSizeModel;

/**
 * A published model of full size that is measured with random weights, at the sizes and with the
 * text that it is used with.
 */
enum NamedModel {
  /** PixArt-α's network at its smaller sizes. */
  PIXART_XL_2("pixart-sigma-xl", List.of(256, 512), 120),
  /** PixArt-Σ as published: 4096 tokens, none of them compressed. */
  PIXART_SIGMA_1024("pixart-sigma-xl", List.of(1024), 300),
  /** Open-Sora 1.0, 16 frames of latents unless fewer are asked for. */
  STDIT_XL_2("stdit-xl-2", List.of(512), 120);

  private final String configuration;
  private final List<Integer> sizes;
  private final int textTokens;

  NamedModel(String configuration, List<Integer> sizes, int textTokens) {
    this.configuration = configuration;
    this.sizes = sizes;
    this.textTokens = textTokens;
  }

  static Optional<NamedModel> find(String name) {
    return Arrays.stream(values()).filter(model -> model.toString().equals(name)).findFirst();
  }

  /** For messages: all of them, with commas. */
  static String names() {
    return Arrays.stream(values()).map(NamedModel::toString).collect(Collectors.joining(", "));
  }

  /** All of its blocks. */
  FullSizeModel model() {
    return FullSizeModel.named(configuration);
  }

  /** Sides in pixels where nothing else is asked for. */
  List<Integer> sizes() {
    return sizes;
  }

  int textTokens() {
    return textTokens;
  }

  /** As {@code --model} takes it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
