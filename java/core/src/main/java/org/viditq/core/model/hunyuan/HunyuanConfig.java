package org.viditq.core.model.hunyuan;

import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;

/**
 * What a HunyuanDiT is made of.
 *
 * @param layout how the checkpoint names its tensors
 * @param heads attention heads
 * @param headDim channels per head, a multiple of 4
 * @param inChannels latent channels
 * @param outChannels channels of the prediction; twice {@code inChannels} where the variance is
 *     learned too
 * @param layers transformer blocks, an even number
 * @param sampleSize side of the training latents
 * @param patchSize side of a patch
 * @param mlpHidden hidden channels of the blocks' MLP
 * @param textFeatures channels of the encoding by BERT, and of the text as blocks take it
 * @param textTokens of it
 * @param text2Features channels of the encoding by mT5
 * @param text2Tokens of it
 * @param pooledFeatures channels of the pooled mT5 encoding
 * @param styles rows of the table of styles; 0 for models of version 1.2, which are conditioned on
 *     neither styles nor picture sizes
 * @param rotaryBase patches along one side of the square that rotary positions are relative to
 */
public record HunyuanConfig(
    HunyuanLayout layout,
    int heads,
    int headDim,
    int inChannels,
    int outChannels,
    int layers,
    int sampleSize,
    int patchSize,
    int mlpHidden,
    int textFeatures,
    int textTokens,
    int text2Features,
    int text2Tokens,
    int pooledFeatures,
    int styles,
    int rotaryBase) {

  /** Heads of the attention that pools the mT5 encoding. */
  static final int POOLING_HEADS = 8;

  /**
   * The model of a checkpoint. Keys are those of diffusers' {@code HunyuanDiT2DModel}, for the
   * authors' layout the arguments of their {@code HunYuanDiT}; what is absent follows from the
   * shapes of the weights, or has diffusers' default where there are none.
   *
   * @param weights only names and shapes are looked at
   * @throws org.viditq.core.error.InvalidModelException if a value has the wrong type, contradicts
   *     another or the weights, or asks for something HunyuanDiT does not have
   */
  public static HunyuanConfig of(JsonConfig json, Checkpoint weights) {
    return new HunyuanConfigReader(json, weights).read();
  }

  /** Channels of the transformer: heads times head dimension. */
  public int channels() {
    return heads * headDim;
  }

  /** Features of the output layer: what a patch of the prediction is made of. */
  int outputFeatures() {
    return patchSize * patchSize * outChannels;
  }

  /** Whether picture sizes and styles are inputs: versions up to 1.1. */
  public boolean sizeConditions() {
    return styles > 0;
  }

  /** Whether a block's input is joined with what an earlier block gave. */
  boolean joinsSkip(int block) {
    return block > layers / 2;
  }

  /** Whether what a block gives is joined with a later block's input. */
  boolean givesSkip(int block) {
    return block < layers / 2 - 1;
  }
}
