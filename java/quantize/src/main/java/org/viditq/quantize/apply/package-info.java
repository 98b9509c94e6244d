/**
 * Calibration, plans and quantized checkpoints applied to a pipeline; what commands and servers
 * use.
 */
package org.viditq.quantize.apply;
