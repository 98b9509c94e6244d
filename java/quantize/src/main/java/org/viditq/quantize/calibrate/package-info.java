/** What the inputs of linear layers look like while a model samples. */
package org.viditq.quantize.calibrate;
