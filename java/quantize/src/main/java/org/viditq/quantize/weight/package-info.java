/** Weights of linear layers as integer codes: quantization, storage layouts, whole models. */
package org.viditq.quantize.weight;
