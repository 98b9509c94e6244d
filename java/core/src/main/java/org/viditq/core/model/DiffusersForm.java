package org.viditq.core.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.viditq.core.checkpoint.KeyMapping;
import org.viditq.core.diffusers.JsonConfig;

/**
 * A checkpoint as diffusers has it.
 *
 * @param config content of its {@code config.json}
 * @param names from stored tensors to those that are written
 */
public record DiffusersForm(ObjectNode config, KeyMapping names) {
  /** The same configuration and names. */
  public static DiffusersForm asItIs(JsonConfig config) {
    return new DiffusersForm(config.node().deepCopy(), KeyMapping.renaming(name -> name));
  }
}
