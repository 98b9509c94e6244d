package org.viditq.bench;

import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The linear layers of a block: attention projection, MLP up, MLP down. */
@State(Scope.Benchmark)
public class LinearShape {
  /** Input x output channels. */
  @Param({"192x192", "192x768", "768x192"})
  public String shape;

  int in() {
    return Integer.parseInt(shape.substring(0, shape.indexOf('x')));
  }

  int out() {
    return Integer.parseInt(shape.substring(shape.indexOf('x') + 1));
  }
}
