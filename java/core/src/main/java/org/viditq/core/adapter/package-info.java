/**
 * Low-rank adapters (LoRA): files of small matrices that change a model's weights. They are merged
 * into the full-precision weights as these are read.
 */
package org.viditq.core.adapter;
