/**
 * Quantized checkpoints in safetensors, by the conventions of compressed-tensors as far as they go;
 * docs/formats.md describes the rest.
 */
package org.viditq.quantize.checkpoint;
