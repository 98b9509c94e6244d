package org.viditq.bench;

/** Models whose layers are measured. */
public enum ModelSize {
  /** The sample model, 128 x 128 pictures: small enough for the reference. */
  PIXART_MINI(16, 192, 6, 768, 16),

  /** PixArt XL/2, 256 x 256 pictures; the VAE is that of Stable Diffusion. */
  PIXART_XL_2(32, 1152, 16, 4608, 512);

  /** Extent of a patch in the latent. */
  static final int PATCH = 2;

  private final int latent;
  private final int hidden;
  private final int heads;
  private final int mlp;
  private final int vaeChannels;

  ModelSize(int latent, int hidden, int heads, int mlp, int vaeChannels) {
    this.latent = latent;
    this.hidden = hidden;
    this.heads = heads;
    this.mlp = mlp;
    this.vaeChannels = vaeChannels;
  }

  /** Height and width of the latent. */
  int latent() {
    return latent;
  }

  /** Tokens of a sample. */
  int tokens() {
    return (latent / PATCH) * (latent / PATCH);
  }

  int hidden() {
    return hidden;
  }

  int heads() {
    return heads;
  }

  /** Channels between the two layers of the MLP. */
  int mlp() {
    return mlp;
  }

  /** Channels of the VAE's decoder where it has the extents of the latent. */
  int vaeChannels() {
    return vaeChannels;
  }
}
