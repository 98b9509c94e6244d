package org.viditq.quantize.activation;

/** What shares one grid of a layer's input: from one scale for all to a scale of its own. */
public enum GridScope {
  /** All that the layer ever gets: a static scale per tensor. */
  TENSOR("static, per tensor"),
  /** Each guidance branch has a static grid. */
  BRANCH("per guidance branch"),
  /** Each sampling step has a static grid. */
  TIMESTEP("per timestep"),
  /** Each token has a grid of its own at run time, as ViDiT-Q deploys it. */
  TOKEN("dynamic, per token"),
  /**
   * Each channel has a static grid. Integer products cannot have it, as channels are summed up;
   * balancing comes near it.
   */
  CHANNEL("per channel");

  private final String label;

  GridScope(String label) {
    this.label = label;
  }

  /** For tables. */
  public String label() {
    return label;
  }
}
