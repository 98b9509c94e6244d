package org.viditq.bench;

/** The linear layers of a block. */
public enum LayerRole {
  /** q, k, v and the output of attention. */
  PROJECTION,
  /** First layer of the MLP. */
  UP,
  /** Second layer of the MLP. */
  DOWN;

  int in(ModelSize size) {
    return this == DOWN ? size.mlp() : size.hidden();
  }

  int out(ModelSize size) {
    return this == UP ? size.mlp() : size.hidden();
  }
}
