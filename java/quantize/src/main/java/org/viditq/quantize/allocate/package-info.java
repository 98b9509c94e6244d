/** Bit widths per layer and timestep range under a budget, from measured sensitivities. */
package org.viditq.quantize.allocate;
