/** What each layer's quantization alone costs, in the metric that its errors show in. */
package org.viditq.quantize.sensitivity;
