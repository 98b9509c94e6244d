/** The commands around quantization: calibrate, quantize, and plans applied on the fly. */
package org.viditq.cli.quantize;
