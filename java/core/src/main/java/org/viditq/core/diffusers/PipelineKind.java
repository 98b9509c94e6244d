package org.viditq.core.diffusers;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The diffusers pipelines that can be run. */
public enum PipelineKind {
  PIXART_ALPHA("PixArtAlphaPipeline"),
  PIXART_SIGMA("PixArtSigmaPipeline");

  private final String className;

  PipelineKind(String className) {
    this.className = className;
  }

  /** Its {@code _class_name} in {@code model_index.json}. */
  public String className() {
    return className;
  }

  static Optional<PipelineKind> ofClass(String className) {
    return Arrays.stream(values()).filter(kind -> kind.className.equals(className)).findFirst();
  }

  static String known() {
    return Arrays.stream(values()).map(PipelineKind::className).collect(Collectors.joining(", "));
  }
}
