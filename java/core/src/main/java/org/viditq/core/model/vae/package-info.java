/** The variational autoencoder of latent diffusion. */
package org.viditq.core.model.vae;
