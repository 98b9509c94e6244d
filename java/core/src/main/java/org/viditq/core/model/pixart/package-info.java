/** PixArt-α and PixArt-Σ. */
package org.viditq.core.model.pixart;
