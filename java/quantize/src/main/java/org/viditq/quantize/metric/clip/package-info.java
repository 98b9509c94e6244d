/** Metrics of pictures and clips behind one interface, without weights or from ONNX files. */
package org.viditq.quantize.metric.clip;
