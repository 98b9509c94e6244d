/**
 * What to quantize and how: quantization plans, their YAML forms, and what they mean for the layers
 * of a given model.
 */
package org.viditq.quantize.plan;
