package org.viditq.core.model;

import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;

/**
 * A family of diffusion transformers: how its checkpoints are told from others, and the models that
 * they hold. A family is a package of its own; {@link DenoiserFamilies} lists them.
 */
public interface DenoiserFamily {
  /** What people call it: "PixArt", "STDiT". */
  String name();

  /**
   * Whether a configuration is of this family: by its {@code _class_name}, and where families share
   * a class by the options that tell them apart.
   */
  boolean accepts(JsonConfig config);

  /**
   * Whether tensors are named as this family's checkpoints name them, in one of the layouts that it
   * reads. Families' answers exclude each other.
   */
  boolean recognizes(Checkpoint weights);

  /**
   * The model of a checkpoint.
   *
   * @param config of diffusers or of the authors' code; empty where a checkpoint comes without one:
   *     what is missing has the published defaults or follows from the shapes of the weights
   * @param weights only names and shapes are looked at
   * @throws org.viditq.core.error.InvalidModelException if the configuration contradicts itself or
   *     the weights, or asks for what this family does not have, naming the key
   */
  DenoiserModel model(JsonConfig config, Checkpoint weights);

  /**
   * How a checkpoint is rewritten in diffusers' layout of this family. The default keeps the names:
   * for layouts that are diffusers' own, and for families that diffusers does not have.
   *
   * @param config as for {@link #model}
   */
  default DiffusersForm diffusersForm(JsonConfig config, Checkpoint weights) {
    return DiffusersForm.asItIs(config);
  }
}
