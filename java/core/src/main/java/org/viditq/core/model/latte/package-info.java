/** Latte, a diffusion transformer for videos. */
package org.viditq.core.model.latte;
