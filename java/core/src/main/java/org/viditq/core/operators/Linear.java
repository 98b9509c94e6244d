package org.viditq.core.operators;

/** A linear layer prepared by a backend (packed, converted); opaque, valid while it is open. */
public interface Linear {
  /** What it was prepared from. */
  LinearParameters parameters();
}
