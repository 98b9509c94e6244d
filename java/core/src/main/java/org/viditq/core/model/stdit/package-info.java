/** STDiT, the spatial-temporal diffusion transformer of Open-Sora 1.0. */
package org.viditq.core.model.stdit;
