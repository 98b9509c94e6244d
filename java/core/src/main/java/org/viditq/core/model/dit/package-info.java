/** DiT, the class-conditional diffusion transformer. */
package org.viditq.core.model.dit;
