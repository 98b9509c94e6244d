package org.viditq.core.diffusers;

import org.viditq.core.checkpoint.Checkpoint;

/** How the weights of a component are seen by those who open them. */
@FunctionalInterface
public interface WeightsView {
  /** As they are stored. */
  WeightsView AS_STORED = (config, stored) -> stored;

  /**
   * @param config of the component; empty where it has none
   * @return weights that close {@code stored} when they are closed; if this fails it stays open
   */
  Checkpoint of(JsonConfig config, Checkpoint stored);
}
